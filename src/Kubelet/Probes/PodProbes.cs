using NodeAgent.KubeApi.Events;

namespace NodeAgent.Kubelet.Probes;

/// <summary>The probes of one pod's containers. Used by the pod's worker alone; verdicts change behind its back and wake it.</summary>
internal sealed class PodProbes(Prober prober, IEventRecorder events, ProbePacing pacing, TimeProvider time, Action changed)
{
    private readonly Dictionary<string, InstanceProbes> _instances = [];

    /// <summary>Starts probes for instances that run now, ends those of instances that no longer do.</summary>
    /// <param name="started">Ids of instances that the API already shows as started: their startup probe is not run again.</param>
    public void Update(IReadOnlyCollection<ProbeTarget> running, IReadOnlySet<string> started)
    {
        foreach (var id in _instances.Keys.Where(id => !running.Any(t => t.ContainerId == id)).ToList())
        {
            _instances.Remove(id, out var gone);
            gone!.Dispose();
        }

        foreach (var target in running.Where(t => !_instances.ContainsKey(t.ContainerId) && HasProbes(t.Container)))
        {
            _instances[target.ContainerId] = new InstanceProbes(target, prober, events, pacing, time, changed, started.Contains(target.ContainerId));
        }
    }

    /// <summary>A pod that is being ended is no longer killed or started by probes; its readiness is still looked at.</summary>
    public void KeepOnlyReadiness()
    {
        foreach (var instance in _instances.Values)
        {
            instance.KeepOnlyReadiness();
        }
    }

    public Dictionary<string, ProbeVerdict> Verdicts() => _instances.ToDictionary(i => i.Key, i => i.Value.Verdict);

    public void StopAll()
    {
        foreach (var instance in _instances.Values)
        {
            instance.Dispose();
        }

        _instances.Clear();
    }

    private static bool HasProbes(Container container) => container.StartupProbe is not null || container.ReadinessProbe is not null || container.LivenessProbe is not null;
}
