using System.Collections.Immutable;

namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>One pod sandbox as the runtime last told it.</summary>
/// <param name="Attempt">How many sandboxes the pod had before this one.</param>
/// <param name="HostNetwork">Whether it shares the host's network namespace.</param>
/// <param name="IPs">Primary address first; empty while the network is not set up and for host network pods.</param>
internal sealed record ObservedSandbox(string Id, bool IsReady, uint Attempt, DateTimeOffset CreatedAt, bool HostNetwork, ImmutableArray<string> IPs)
{
    public string RuntimeHandler { get; init; } = "";
}
