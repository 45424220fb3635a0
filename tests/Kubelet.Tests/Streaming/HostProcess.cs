using System.Diagnostics;
using NodeAgent.ContainerRuntime;
using Cri = NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.Kubelet.Tests.Streaming;

/// <summary>A process of this host in the place of one in a container.</summary>
internal sealed class HostProcess : IContainerProcess
{
    private readonly Process _process;
    private readonly bool _withStdin;

    public HostProcess(Cri.ExecRequest request)
    {
        _withStdin = request.Stdin;
        var info = new ProcessStartInfo(request.Cmd[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in request.Cmd.Skip(1))
        {
            info.ArgumentList.Add(argument);
        }

        _process = Process.Start(info)!;
        ExitCode = WaitAsync();
        if (!_withStdin)
        {
            _process.StandardInput.Close();
        }
    }

    public Stream? Stdin => _withStdin ? _process.StandardInput.BaseStream : null;

    public Stream? Stdout => _process.StandardOutput.BaseStream;

    public Stream? Stderr => _process.StandardError.BaseStream;

    public Task<int> ExitCode { get; }

    public List<(int Width, int Height)> Sizes { get; } = [];

    /// <summary>Completes when the kubelet has let go of the process.</summary>
    public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool HasExited => _process.HasExited;

    public Task ResizeAsync(int width, int height, CancellationToken cancellationToken)
    {
        Sizes.Add((width, height));
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        Disposed.TrySetResult();
    }

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }
}
