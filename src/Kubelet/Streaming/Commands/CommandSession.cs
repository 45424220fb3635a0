using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;

namespace NodeAgent.Kubelet.Streaming.Commands;

/// <summary>Joins a client's streams to a process in a container until the process has ended.</summary>
internal sealed partial class CommandSession(ILogger logger)
{
    /// <summary>How long output is waited for after the process ended: a process that it left behind may hold it open for ever.</summary>
    private static readonly TimeSpan OutputLinger = TimeSpan.FromSeconds(5);

    /// <param name="cancellationToken">Set when the client is gone: the process is then let go of.</param>
    public async Task RunAsync(CommandStreams streams, IContainerProcess process, CancellationToken cancellationToken)
    {
        using var inputEnded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var input = Task.WhenAll(CopyStdinAsync(streams.Stdin, process.Stdin, inputEnded.Token), ResizeAsync(streams.Resize, process, inputEnded.Token));
        var output = Task.WhenAll(
            CopyOutputAsync("stdout", process.Stdout, streams.Stdout, ended.Token), CopyOutputAsync("stderr", process.Stderr, streams.Stderr, ended.Token));
        CommandOutcome outcome;
        try
        {
            outcome = new CommandOutcome(await process.ExitCode.WaitAsync(cancellationToken), "");
            await WaitForOutputAsync(output);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            outcome = new CommandOutcome(null, $"error executing command in container: {e.Message}");
        }

        await inputEnded.CancelAsync();
        await input;
        await streams.CloseOutputAsync(cancellationToken);
        await streams.ReportAsync(outcome, cancellationToken);
        await ended.CancelAsync();
        await output;
    }

    private static async Task WaitForOutputAsync(Task output)
    {
        try
        {
            await output.WaitAsync(OutputLinger);
        }
        catch (TimeoutException)
        {
            // What has come is what there is.
        }
    }

    private async Task CopyStdinAsync(Stream? from, Stream? to, CancellationToken cancellationToken)
    {
        if (from is null || to is null)
        {
            return;
        }

        try
        {
            await using (to)
            {
                await from.CopyToAsync(to, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            LogStreamEnded("stdin", e.Message);
        }
    }

    private async Task CopyOutputAsync(string name, Stream? from, Stream? to, CancellationToken cancellationToken)
    {
        if (from is null)
        {
            return;
        }

        try
        {
            await from.CopyToAsync(to ?? Stream.Null, cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            LogStreamEnded(name, e.Message);
        }
    }

    private async Task ResizeAsync(Stream? sizes, IContainerProcess process, CancellationToken cancellationToken)
    {
        if (sizes is null)
        {
            return;
        }

        try
        {
            await foreach (var (width, height) in TerminalSizes.ReadAsync(sizes, cancellationToken))
            {
                await process.ResizeAsync(width, height, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or RuntimeException)
        {
            LogStreamEnded("resize", e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The {Stream} stream of a command ended: {Reason}")]
    private partial void LogStreamEnded(string stream, string reason);
}
