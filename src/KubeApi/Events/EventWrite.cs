namespace NodeAgent.KubeApi.Events;

/// <summary>One write to the API server; the attempt may be repeated.</summary>
/// <param name="About">For messages: which event.</param>
internal sealed record EventWrite(string About, Func<CancellationToken, Task> WriteAsync);
