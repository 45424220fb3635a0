using System.Collections.Immutable;
using System.Text;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Logs;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>Asks the runtime what it has of one pod. Holds nothing: what was known before is handed in, and what cannot have changed is not asked again.</summary>
internal sealed class RuntimeObserver(IRuntimeService runtime, string runtimeName)
{
    private const int LongestMessage = 4096;
    private const int LongestLogMessage = 2048;
    private const int MostLogLines = 80;

    public async Task<ObservedPod> ObserveAsync(PodUid uid, ObservedPod before, CancellationToken cancellationToken)
    {
        var sandboxFilter = new Cri.PodSandboxFilter { LabelSelector = { [RuntimeLabels.PodUid] = uid.Value } };
        var containerFilter = new Cri.ContainerFilter { LabelSelector = { [RuntimeLabels.PodUid] = uid.Value } };
        var listSandboxes = runtime.ListPodSandboxAsync(sandboxFilter, cancellationToken);
        var listContainers = runtime.ListContainersAsync(containerFilter, cancellationToken);
        var sandboxes = (await listSandboxes).OrderByDescending(s => s.CreatedAt).Select(s => SandboxAsync(s, before, cancellationToken)).ToList();
        var containers = (await listContainers).OrderByDescending(c => c.CreatedAt).Select(c => ContainerAsync(c, before, cancellationToken)).ToList();
        var observed = new ObservedPod(
            [.. (await Task.WhenAll(sandboxes)).OfType<ObservedSandbox>()],
            [.. (await Task.WhenAll(containers)).OfType<ObservedContainer>()]);
        return observed;
    }

    private async Task<ObservedSandbox?> SandboxAsync(Cri.PodSandbox listed, ObservedPod before, CancellationToken cancellationToken)
    {
        var isReady = listed.State == Cri.PodSandboxState.SandboxReady;
        if (before.Sandboxes.FirstOrDefault(s => s.Id == listed.Id) is { } known && (!isReady || (known.IsReady && (known.HostNetwork || known.IPs.Length > 0))))
        {
            return known with { IsReady = isReady };
        }

        try
        {
            var status = await runtime.PodSandboxStatusAsync(listed.Id, cancellationToken);
            ImmutableArray<string> ips = status.Network is { Ip.Length: > 0 } network ? [network.Ip, .. network.AdditionalIps.Select(a => a.Ip)] : [];
            return new ObservedSandbox(
                status.Id,
                status.State == Cri.PodSandboxState.SandboxReady,
                status.Metadata?.Attempt ?? 0,
                Timestamps.FromUnixNanoseconds(status.CreatedAt),
                status.Linux?.Namespaces?.Options?.Network == Cri.NamespaceMode.Node,
                ips)
            {
                RuntimeHandler = status.RuntimeHandler,
            };
        }
        catch (RuntimeException e) when (e.Code == RuntimeErrorCode.NotFound)
        {
            return null;
        }
    }

    private async Task<ObservedContainer?> ContainerAsync(Cri.Container listed, ObservedPod before, CancellationToken cancellationToken)
    {
        if (listed.State == Cri.ContainerState.ContainerExited && before.Containers.FirstOrDefault(c => c.Id == listed.Id) is { IsExited: true } known)
        {
            return known;
        }

        try
        {
            var status = (await runtime.ContainerStatusAsync(listed.Id, verbose: false, cancellationToken)).Status;
            return Read(status, listed.PodSandboxId);
        }
        catch (RuntimeException e) when (e.Code == RuntimeErrorCode.NotFound)
        {
            return null;
        }
    }

    private ObservedContainer Read(Cri.ContainerStatus status, string sandboxId) => new()
    {
        Id = status.Id,
        Runtime = runtimeName,
        Name = status.Metadata?.Name ?? "",
        SandboxId = sandboxId,
        State = status.State,
        CreatedAt = Timestamps.FromUnixNanoseconds(status.CreatedAt),
        StartedAt = Timestamps.FromUnixNanoseconds(status.StartedAt),
        FinishedAt = Timestamps.FromUnixNanoseconds(status.FinishedAt),
        ExitCode = status.ExitCode,
        Reason = status.Reason,
        Message = status.State == Cri.ContainerState.ContainerExited ? Message(status) : "",
        RestartCount = RuntimeLabels.ReadRestartCount(status.Annotations),
        Hash = status.Annotations.TryGetValue(RuntimeLabels.Hash, out var hash) ? hash : "",
        Image = status.Image?.UserSpecifiedImage is { Length: > 0 } given ? given : status.Image?.Image ?? "",
        ImageId = status.ImageRef,
        User = status.User?.Linux is { } user
            ? new ContainerUser { Linux = new LinuxContainerUser { Uid = user.Uid, Gid = user.Gid, SupplementalGroups = { user.SupplementalGroups } } }
            : null,
        StopSignal = status.StopSignal == Cri.Signal.RuntimeDefault ? "" : status.StopSignal.ToString().ToUpperInvariant().Replace("PLUS", "+", StringComparison.Ordinal).Replace("MINUS", "-", StringComparison.Ordinal),
    };

    /// <summary>What the container left in its termination file; else, when its policy says so and it failed, the end of its log.</summary>
    private static string Message(Cri.ContainerStatus status)
    {
        var path = status.Annotations.TryGetValue(RuntimeLabels.TerminationMessagePath, out var given) ? given : "";
        var mount = path.Length > 0 ? status.Mounts.FirstOrDefault(m => m.ContainerPath == path) : null;
        var text = mount is null ? "" : ReadEnd(mount.HostPath, LongestMessage);
        var wantsLog = status.Annotations.TryGetValue(RuntimeLabels.TerminationMessagePolicy, out var policy) && policy == "FallbackToLogsOnError";
        if (text.Length == 0 && wantsLog && status.ExitCode != 0 && status.StartedAt != 0)
        {
            text = ReadLogEnd(status.LogPath);
        }

        return text.Length == 0 ? status.Message : text;
    }

    private static string ReadEnd(string path, int most)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            stream.Seek(-Math.Min(stream.Length, most), SeekOrigin.End);
            var buffer = new byte[Math.Min(stream.Length, most)];
            stream.ReadExactly(buffer);
            return Encoding.UTF8.GetString(buffer);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return "";
        }
        catch (IOException e)
        {
            return $"Error on reading termination log {path}: {e.Message}";
        }
    }

    /// <summary>The text of the last lines of a log; they may lie on both sides of a rotation.</summary>
    private static string ReadLogEnd(string path)
    {
        var rotated = LogFiles.Rotated(path).LastOrDefault(f => !f.EndsWith(LogFiles.Compressed, StringComparison.Ordinal));
        var raw = (rotated is null ? "" : ReadEnd(rotated, 4 * LongestLogMessage)) + (File.Exists(path) ? ReadEnd(path, 4 * LongestLogMessage) : "");
        var text = new StringBuilder();
        foreach (var line in raw.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(MostLogLines))
        {
            if (LogLine.TryParse(Encoding.UTF8.GetBytes(line), out var parsed))
            {
                text.Append(Encoding.UTF8.GetString(parsed.Text));
                if (!parsed.IsPartial)
                {
                    text.Append('\n');
                }
            }
        }

        return text.Length > LongestLogMessage ? text.ToString(text.Length - LongestLogMessage, LongestLogMessage) : text.ToString();
    }
}
