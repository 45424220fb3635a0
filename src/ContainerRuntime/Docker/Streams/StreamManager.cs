using System.ComponentModel;
using System.Runtime.InteropServices;
using Google.Protobuf;
using NodeAgent.ContainerRuntime.Docker.Containers;
using NodeAgent.ContainerRuntime.Docker.Engine;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Host;
using NodeAgent.ContainerRuntime.Docker.Sandboxes;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Streams;

/// <summary>Exec, attach and port-forward. The engine has no streaming server: the streams end in this process.</summary>
internal sealed class StreamManager(DockerClient docker, ContainerManager containers, SandboxManager sandboxes, TimeProvider time)
{
    private const int OutputLimit = 16 << 20;

    /// <summary>
    /// The engine watches a terminal's input for keys that detach, and holds back the first of them: by default Ctrl-P, which is
    /// a shell's last command. Kubernetes has no such keys; these are some that nobody types.
    /// </summary>
    private const string DetachKeys = "ctrl-^,ctrl-_,ctrl-^,ctrl-_";

    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(10);

    public async Task<ExecSyncResponse> ExecSyncAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var exec = await CreateAsync(containerId, command, tty: false, new EngineProcessStreams(false, true, true), cancellationToken);
        await using var stream = await docker.Exec.StartAndAttachContainerExecAsync(exec, tty: false, cancellationToken);
        using var own = new CancellationTokenSource(timeout > TimeSpan.Zero ? timeout : Timeout.InfiniteTimeSpan, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(own.Token, cancellationToken);
        var (stdout, stderr) = (new MemoryStream(), new MemoryStream());
        try
        {
            await CollectAsync(stream, stdout, stderr, linked.Token);
            var code = await ExitCodeAsync(exec, linked.Token);
            ThrowIfNotStarted(code, stdout, containerId);
            return new ExecSyncResponse { ExitCode = code, Stdout = Bytes(stdout), Stderr = Bytes(stderr) };
        }
        catch (OperationCanceledException)
        {
            await KillAsync(exec);
            if (cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            throw new TimeoutException($"command {string.Join(' ', command)} in container {containerId} ran longer than {timeout.TotalSeconds:0.###} s and was killed");
        }
    }

    public async Task<StreamTarget> ExecAsync(ExecRequest request, CancellationToken cancellationToken)
    {
        var streams = new EngineProcessStreams(request.Stdin, request.Stdout, request.Stderr && !request.Tty);
        var exec = await CreateAsync(request.ContainerId, request.Cmd, request.Tty, streams, cancellationToken);
        var stream = await docker.Exec.StartAndAttachContainerExecAsync(exec, request.Tty, cancellationToken);
        return new LocalProcess(EngineProcess.Start(
            stream,
            streams,
            $"follow a command in container {request.ContainerId}",
            token => ExitCodeAsync(exec, token),
            (width, height, token) => docker.Exec.ResizeContainerExecTtyAsync(exec, width, height, token),
            () => KillAsync(exec)));
    }

    public async Task<StreamTarget> AttachAsync(AttachRequest request, CancellationToken cancellationToken)
    {
        var container = await containers.RunningAsync(request.ContainerId, cancellationToken);
        var tty = container.Config?.Tty ?? false;
        var streams = new EngineProcessStreams(request.Stdin, request.Stdout, request.Stderr && !tty);
        var stream = await docker.Containers.AttachContainerAsync(container.ID, tty, streams.Stdin, streams.Stdout, streams.Stderr, DetachKeys, cancellationToken);
        return new LocalProcess(EngineProcess.Start(
            stream,
            streams,
            $"follow container {request.ContainerId}",
            _ => Task.FromResult(0),
            (width, height, token) => docker.Containers.ResizeContainerTtyAsync(container.ID, width, height, token),
            kill: null));
    }

    public async Task<StreamTarget> PortForwardAsync(PortForwardRequest request, CancellationToken cancellationToken)
    {
        var pause = await sandboxes.RunningAsync(request.PodSandboxId, cancellationToken);
        return new LocalPorts(SandboxPorts.Of(request.PodSandboxId, (int)(pause.State?.Pid ?? 0)));
    }

    private async Task<string> CreateAsync(
        string containerId, IEnumerable<string> command, bool tty, EngineProcessStreams streams, CancellationToken cancellationToken)
    {
        var parameters = new ContainerExecCreateParameters
        {
            Cmd = [.. command],
            Tty = tty,
            DetachKeys = tty ? DetachKeys : null,
            AttachStdin = streams.Stdin,
            AttachStdout = streams.Stdout,
            AttachStderr = streams.Stderr,
        };
        return (await docker.Exec.ExecCreateContainerAsync(containerId, parameters, cancellationToken)).ID;
    }

    private static async Task CollectAsync(MultiplexedStream stream, MemoryStream stdout, MemoryStream stderr, CancellationToken cancellationToken)
    {
        var buffer = new byte[32 * 1024];
        while (true)
        {
            var read = await stream.ReadOutputAsync(buffer, cancellationToken);
            if (read.EOF)
            {
                return;
            }

            var target = read.Target == MultiplexedStream.TargetStream.StandardError ? stderr : stdout;
            target.Write(buffer, 0, (int)Math.Min(read.Count, OutputLimit - target.Length));
        }
    }

    /// <summary>The output may end a moment before the engine knows the exit code, and long before when the process closes its streams.</summary>
    private async Task<int> ExitCodeAsync(string exec, CancellationToken cancellationToken)
    {
        for (var wait = TimeSpan.FromMilliseconds(2); ; wait = wait < TimeSpan.FromMilliseconds(250) ? wait * 2 : wait)
        {
            var state = await docker.Exec.InspectContainerExecAsync(exec, cancellationToken);
            if (!state.Running && state.ExitCode is { } code)
            {
                return code;
            }

            await Task.Delay(wait, time, cancellationToken);
        }
    }

    /// <summary>The engine sends its own error down the process's stdout when there is no such command.</summary>
    private static void ThrowIfNotStarted(int exitCode, MemoryStream stdout, string containerId)
    {
        if (exitCode is not (126 or 127))
        {
            return;
        }

        var text = System.Text.Encoding.UTF8.GetString(stdout.GetBuffer(), 0, (int)Math.Min(stdout.Length, 4096));
        if (text.StartsWith("OCI runtime exec failed", StringComparison.Ordinal))
        {
            throw new RuntimeException(RuntimeErrorCode.Unknown, $"cannot run a command in container {containerId}: {text.Trim()}");
        }
    }

    /// <summary>The engine cannot kill an exec'd process; its id on this host is all there is, and only once it has started.</summary>
    private async Task KillAsync(string exec)
    {
        using var timeout = new CancellationTokenSource(KillTimeout, time);
        try
        {
            var state = await docker.Exec.InspectContainerExecAsync(exec, timeout.Token);
            while (state is { ExitCode: null, Pid: 0 })
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), time, timeout.Token);
                state = await docker.Exec.InspectContainerExecAsync(exec, timeout.Token);
            }

            if (state.Running && Libc.Kill(state.Pid, Libc.SigKill) != 0 && Marshal.GetLastPInvokeError() != Libc.NoSuchProcess)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError(), $"cannot kill process {state.Pid} of an exec in container {state.ContainerID}");
            }
        }
        catch (Exception e) when (e is DockerApiException or DockerTimeoutException or DockerUnreachableException or HttpRequestException or OperationCanceledException)
        {
            // The engine is gone, or the process and its record are.
        }
    }

    private static ByteString Bytes(MemoryStream stream) => ByteString.CopyFrom(stream.GetBuffer(), 0, (int)stream.Length);
}
