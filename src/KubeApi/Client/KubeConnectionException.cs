namespace NodeAgent.KubeApi.Client;

/// <summary>The API server could not be reached, or the connection or the answer broke off in the middle, or there is no credential to ask it with.</summary>
/// <param name="operation">What was being done and to which object, such as <c>get nodes node-1</c>.</param>
/// <param name="server">The address that was asked.</param>
public sealed class KubeConnectionException(string operation, Uri server, Exception cause)
    : IOException($"{operation} at {server}: {Describe(cause)}", cause)
{
    public string Operation { get; } = operation;

    public Uri Server { get; } = server;

    private static string Describe(Exception cause)
    {
        var message = cause.Message;
        for (var inner = cause.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (!message.Contains(inner.Message, StringComparison.Ordinal))
            {
                message = $"{message.TrimEnd('.')}: {inner.Message}";
            }
        }

        return message;
    }
}
