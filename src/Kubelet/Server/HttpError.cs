namespace NodeAgent.Kubelet.Server;

/// <summary>A request that cannot be served; the message is the body of the answer.</summary>
internal sealed class HttpError(int statusCode, string message) : Exception(message)
{
    public int StatusCode { get; } = statusCode;
}
