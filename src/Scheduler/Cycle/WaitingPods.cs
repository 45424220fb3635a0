using System.Collections.Concurrent;
using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>The pods that wait in Permit, by UID.</summary>
internal sealed class WaitingPods
{
    private readonly ConcurrentDictionary<string, WaitingPod> _pods = new(StringComparer.Ordinal);

    public IReadOnlyCollection<IWaitingPod> All => [.. _pods.Values];

    public WaitingPod? Find(string uid) => _pods.GetValueOrDefault(uid);

    public void Add(WaitingPod pod) => _pods[pod.Pod.Uid] = pod;

    public void Remove(string uid) => _pods.TryRemove(uid, out _);
}
