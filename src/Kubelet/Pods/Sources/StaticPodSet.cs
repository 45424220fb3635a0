using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Workers;

namespace NodeAgent.Kubelet.Pods.Sources;

/// <summary>The static pods of all sources: passes what comes and goes on to the pod manager and the mirror pods.</summary>
internal sealed class StaticPodSet(PodManager pods, IEnumerable<string> sources)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<PodUid, Pod>> _bySource = [];
    private readonly HashSet<string> _awaited = [.. sources];

    /// <summary>Called with every pod that is there or gone; at once with what is known.</summary>
    public event Action? Changed;

    /// <summary>Every source has said once what it has.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_lock)
            {
                return _awaited.Count == 0;
            }
        }
    }

    public IReadOnlyList<Pod> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _bySource.Values.SelectMany(s => s.Values)];
            }
        }
    }

    /// <summary>Whether what runs under the pod's UID is an earlier life of it, which has yet to end.</summary>
    public bool IsStillEnding(Pod pod) => pods.Find(pod.Uid()) is { Mailbox.IsRemoved: true };

    public void Replace(string source, IReadOnlyList<Pod> now)
    {
        List<PodUid> gone;
        List<Pod> added;
        lock (_lock)
        {
            var before = _bySource.GetValueOrDefault(source) ?? [];
            var next = now.GroupBy(p => p.Uid()).ToDictionary(g => g.Key, g => g.First());
            gone = [.. before.Keys.Where(k => !next.ContainsKey(k))];
            added = [.. next.Where(p => !before.ContainsKey(p.Key)).Select(p => p.Value)];
            _bySource[source] = next;
            _awaited.Remove(source);
        }

        foreach (var uid in gone)
        {
            pods.Remove(uid);
        }

        foreach (var pod in added)
        {
            pods.Apply(pod);
        }

        if (gone.Count + added.Count > 0)
        {
            Changed?.Invoke();
        }
    }
}
