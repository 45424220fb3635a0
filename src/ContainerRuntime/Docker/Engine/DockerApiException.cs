using System.Net;

namespace NodeAgent.ContainerRuntime.Docker.Engine;

/// <summary>Docker Engine answered a request with an error.</summary>
/// <param name="statusCode">The HTTP status.</param>
/// <param name="message">Docker's own message.</param>
internal sealed class DockerApiException(HttpStatusCode statusCode, string message) : Exception(message)
{
    public HttpStatusCode StatusCode { get; } = statusCode;
}
