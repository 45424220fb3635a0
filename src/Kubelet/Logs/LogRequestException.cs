namespace NodeAgent.Kubelet.Logs;

/// <summary>Logs were asked for that cannot be given; the message is for the user.</summary>
internal sealed class LogRequestException(int statusCode, string message) : Exception(message)
{
    public int StatusCode { get; } = statusCode;
}
