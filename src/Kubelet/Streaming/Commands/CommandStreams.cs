namespace NodeAgent.Kubelet.Streaming.Commands;

/// <summary>A client's streams of an exec or attach; null for those that it did not ask for.</summary>
/// <param name="Resize">Terminal sizes, as JSON.</param>
/// <param name="ReportAsync">Tells the client how the command ended.</param>
/// <param name="CloseOutputAsync">Ends the output streams.</param>
internal sealed record CommandStreams(
    Stream? Stdin,
    Stream? Stdout,
    Stream? Stderr,
    Stream? Resize,
    Func<CommandOutcome, CancellationToken, Task> ReportAsync,
    Func<CancellationToken, Task> CloseOutputAsync);
