using System.IO.Pipelines;
using NodeAgent.ContainerRuntime.Docker.Engine;

namespace NodeAgent.ContainerRuntime.Docker.Streams;

/// <summary>The streams of an exec'd command, or of a container's main process, on a hijacked connection.</summary>
/// <remarks>One pump takes the frames apart; each stream holds back the engine when its reader is slow, so both are to be read.</remarks>
internal sealed class EngineProcess : IContainerProcess
{
    private static readonly PipeOptions PipeLimits = new(pauseWriterThreshold: 256 * 1024, resumeWriterThreshold: 128 * 1024, useSynchronizationContext: false);

    private readonly MultiplexedStream _stream;
    private readonly string _what;
    private readonly Func<int, int, CancellationToken, Task> _resize;
    private readonly Func<Task>? _kill;
    private readonly Pipe? _stdout;
    private readonly Pipe? _stderr;
    private readonly CancellationTokenSource _disposed = new();

    private EngineProcess(MultiplexedStream stream, EngineProcessStreams streams, string what, Func<int, int, CancellationToken, Task> resize, Func<Task>? kill)
    {
        _stream = stream;
        _what = what;
        _resize = resize;
        _kill = kill;
        _stdout = streams.Stdout ? new Pipe(PipeLimits) : null;
        _stderr = streams.Stderr ? new Pipe(PipeLimits) : null;
        Stdin = streams.Stdin ? new EngineStdin(stream) : null;
        Stdout = _stdout?.Reader.AsStream();
        Stderr = _stderr?.Reader.AsStream();
        ExitCode = Task.FromResult(0);
    }

    public Stream? Stdin { get; }

    public Stream? Stdout { get; }

    public Stream? Stderr { get; }

    public Task<int> ExitCode { get; private set; }

    /// <param name="stream">The connection; owned from here on.</param>
    /// <param name="streams">Which streams are wanted.</param>
    /// <param name="what">What is being done, for the messages of errors.</param>
    /// <param name="exitCode">Asked when the output has ended.</param>
    /// <param name="resize">Sets the terminal's size.</param>
    /// <param name="kill">Ends the process when the client goes before it; null to leave it running.</param>
    public static EngineProcess Start(
        MultiplexedStream stream, EngineProcessStreams streams, string what,
        Func<CancellationToken, Task<int>> exitCode, Func<int, int, CancellationToken, Task> resize, Func<Task>? kill)
    {
        var process = new EngineProcess(stream, streams, what, resize, kill);
        process.ExitCode = EngineCalls.RunAsync(what, () => process.PumpAsync(exitCode), process._disposed.Token);
        return process;
    }

    public Task ResizeAsync(int width, int height, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync(_what, () => _resize(width, height, cancellationToken), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        var ended = ExitCode.IsCompleted;
        await _disposed.CancelAsync();
        if (!ended && _kill is not null)
        {
            await _kill();
        }

        await _stream.DisposeAsync();
        try
        {
            await ExitCode;
        }
        catch (Exception)
        {
            // Nobody waits for the exit code any more, and whoever did has it from the task.
        }

        _disposed.Dispose();
    }

    private async Task<int> PumpAsync(Func<CancellationToken, Task<int>> exitCode)
    {
        Exception? failure = null;
        try
        {
            await CopyAsync();
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            await CompleteAsync(_stdout, failure);
            await CompleteAsync(_stderr, failure);
        }

        return await exitCode(_disposed.Token);
    }

    private async Task CopyAsync()
    {
        var buffer = new byte[32 * 1024];
        while (true)
        {
            var read = await _stream.ReadOutputAsync(buffer, _disposed.Token);
            if (read.EOF)
            {
                return;
            }

            var pipe = read.Target == MultiplexedStream.TargetStream.StandardError ? _stderr : _stdout;
            if (pipe is not null)
            {
                await pipe.Writer.WriteAsync(buffer.AsMemory(0, read.Count), _disposed.Token);
            }
        }
    }

    private static ValueTask CompleteAsync(Pipe? pipe, Exception? failure) => pipe?.Writer.CompleteAsync(failure) ?? ValueTask.CompletedTask;
}
