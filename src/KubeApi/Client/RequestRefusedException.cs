namespace NodeAgent.KubeApi.Client;

/// <summary>The client's <see cref="IRequestGate"/> did not let the request leave: the server has not seen it.</summary>
public sealed class RequestRefusedException(string operation)
    : InvalidOperationException($"{operation}: not sent, because this process may not change anything any more or not yet")
{
    public string Operation { get; } = operation;
}
