using NodeAgent.ContainerRuntime.V1;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Tests.Builders;

/// <summary>What a runtime has of a pod. Instances are added oldest first, as they would come to be.</summary>
internal sealed class RuntimeBuilder
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 0, 0, TimeSpan.Zero);

    private readonly List<ObservedSandbox> _sandboxes = [];
    private readonly List<ObservedContainer> _containers = [];

    public RuntimeBuilder Sandbox(bool ready = true, string ip = "10.0.0.5", bool hostNetwork = false)
    {
        _sandboxes.Insert(0, new ObservedSandbox($"sandbox-{_sandboxes.Count}", ready, (uint)_sandboxes.Count, Start, hostNetwork, ip.Length > 0 ? [ip] : []));
        return this;
    }

    public RuntimeBuilder Running(string name, int restarts = 0, string? hash = null) => Add(name, ContainerState.ContainerRunning, restarts, c => c with { Hash = hash ?? c.Hash });

    public RuntimeBuilder Exited(string name, int code = 0, int restarts = 0, TimeSpan? after = null) => Add(
        name,
        ContainerState.ContainerExited,
        restarts,
        c => c with { ExitCode = code, FinishedAt = Start + (after ?? TimeSpan.FromSeconds(5)), Reason = code == 0 ? "Completed" : "Error" });

    public RuntimeBuilder Created(string name) => Add(name, ContainerState.ContainerCreated, 0, c => c);

    public RuntimeBuilder Unknown(string name) => Add(name, ContainerState.ContainerUnknown, 0, c => c);

    public ObservedPod Build() => new([.. _sandboxes], [.. _containers]);

    /// <summary>The id that an instance gets here.</summary>
    public static string Id(string name, int restarts = 0) => $"{name}-{restarts}";

    private RuntimeBuilder Add(string name, ContainerState state, int restarts, Func<ObservedContainer, ObservedContainer> change)
    {
        _containers.Insert(0, change(new ObservedContainer
        {
            Id = Id(name, restarts),
            Name = name,
            SandboxId = _sandboxes.Count > 0 ? _sandboxes[0].Id : "",
            State = state,
            CreatedAt = Start,
            StartedAt = Start,
            RestartCount = restarts,
            Image = "img",
            ImageId = "sha256:1",
        }));
        return this;
    }
}
