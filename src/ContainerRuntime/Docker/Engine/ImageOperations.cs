using System.Text.Json;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;

namespace NodeAgent.ContainerRuntime.Docker.Engine;

/// <summary>Images. An image is named by its id, by repository and tag, or by repository and digest.</summary>
internal sealed class ImageOperations(DockerTransport transport)
{
    public Task<IReadOnlyList<ImagesListResponse>> ListImagesAsync(CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Get, "/images/json", DockerJson.Default.IReadOnlyListImagesListResponse, cancellationToken);

    public Task<ImageInspectResponse> InspectImageAsync(string name, CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Get, $"/images/{Escape(name)}/json", DockerJson.Default.ImageInspectResponse, cancellationToken);

    /// <summary>Pulls an image; what the engine says about it comes as it happens. An error in the stream is a message, not an exception.</summary>
    /// <param name="idleTimeout">How long the engine may say nothing.</param>
    public IAsyncEnumerable<JSONMessage> CreateImageAsync(
        string repository, string tagOrDigest, AuthConfig? auth, TimeSpan idleTimeout, CancellationToken cancellationToken)
    {
        (string, string)[] headers = auth is null
            ? []
            : [("X-Registry-Auth", Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(auth, DockerJson.Default.AuthConfig)).Replace('+', '-').Replace('/', '_'))];
        return transport.StreamAsync(
            HttpMethod.Post, $"/images/create?fromImage={Uri.EscapeDataString(repository)}&tag={Uri.EscapeDataString(tagOrDigest)}",
            headers, DockerJson.Default.JSONMessage, idleTimeout, cancellationToken);
    }

    public Task DeleteImageAsync(string name, CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Delete, $"/images/{Escape(name)}", cancellationToken);

    private static string Escape(string name) => Uri.EscapeDataString(name).Replace("%2F", "/", StringComparison.Ordinal);
}
