using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Devices;

/// <summary>Which container has which devices.</summary>
internal sealed class DeviceLedger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(PodUid Pod, string Resource), ImmutableSortedSet<string>> _reusable = [];
    private ImmutableList<DeviceAssignment> _all = [];

    public ImmutableList<DeviceAssignment> All => Volatile.Read(ref _all);

    public DeviceAssignment? Find(PodUid pod, string container, string resource) => All.Find(a => a.Pod == pod && a.Container == container && a.Resource == resource);

    public IReadOnlyList<DeviceAssignment> Of(PodUid pod, string container) => All.FindAll(a => a.Pod == pod && a.Container == container);

    public bool Has(string resource) => All.Exists(a => a.Resource == resource);

    public ImmutableSortedSet<string> InUse(string resource) => All.Where(a => a.Resource == resource).SelectMany(a => a.Ids).ToImmutableSortedSet(StringComparer.Ordinal);

    public void Add(DeviceAssignment assignment)
    {
        lock (_lock)
        {
            _all = _all.RemoveAll(a => a.Pod == assignment.Pod && a.Container == assignment.Container && a.Resource == assignment.Resource).Add(assignment);
        }
    }

    /// <summary>What init containers of the pod had that have ended before the next container starts.</summary>
    public ImmutableSortedSet<string> Reusable(PodUid pod, string resource)
    {
        lock (_lock)
        {
            return _reusable.GetValueOrDefault((pod, resource)) ?? ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
        }
    }

    /// <param name="keeps">Whether the container runs on beside those that come after it.</param>
    public void NoteReuse(PodUid pod, string container, bool keeps)
    {
        lock (_lock)
        {
            foreach (var assignment in Of(pod, container))
            {
                var known = _reusable.GetValueOrDefault((pod, assignment.Resource)) ?? ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
                _reusable[(pod, assignment.Resource)] = keeps ? known.Except(assignment.Ids) : known.Union(assignment.Ids);
            }
        }
    }

    /// <summary>Takes back what pods have that are no more.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Collect(IReadOnlySet<PodUid> active)
    {
        lock (_lock)
        {
            foreach (var key in _reusable.Keys.Where(k => !active.Contains(k.Pod)).ToList())
            {
                _reusable.Remove(key);
            }

            var before = _all;
            _all = _all.RemoveAll(a => !active.Contains(a.Pod));
            return _all.Count != before.Count;
        }
    }
}
