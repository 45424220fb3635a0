using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Storage.V1;
using NodeAgent.Scheduler.Plugins.Volumes;

namespace NodeAgent.Scheduler.Plugins.VolumeBinding;

/// <summary>A pod's claims, and what each needs of a node; made once per attempt, asked for each node.</summary>
internal sealed class ClaimPlan
{
    private readonly VolumeStores _stores;
    private readonly List<VolumeAffinity> _bound = [];
    private readonly bool _isVolumeGone;
    private readonly List<(PersistentVolumeClaim Claim, string Node)> _selected = [];
    private readonly List<(PersistentVolumeClaim Claim, VolumeCandidates Candidates)> _unbound = [];
    private readonly Dictionary<PersistentVolumeClaim, ProvisionPlan> _provisions = new(ReferenceEqualityComparer.Instance);

    /// <param name="bound">Claims with a volume.</param>
    /// <param name="delayed">Claims whose volume is chosen with the pod's node, see WaitForFirstConsumer.</param>
    /// <exception cref="FormatException">A claim's selector makes no sense.</exception>
    public ClaimPlan(VolumeStores stores, IReadOnlyList<PersistentVolumeClaim> bound, IReadOnlyList<PersistentVolumeClaim> delayed)
    {
        _stores = stores;
        foreach (var claim in bound)
        {
            if (stores.Volumes.Get(null, claim.Spec.VolumeName) is { } volume)
            {
                _bound.Add(new VolumeAffinity(volume));
            }
            else
            {
                _isVolumeGone = true;
            }
        }

        // The smallest claim chooses first.
        foreach (var claim in delayed.OrderBy(ClaimFacts.RequestOf))
        {
            if (claim.Metadata.Annotations.TryGetValue(ClaimFacts.SelectedNode, out var node))
            {
                _selected.Add((claim, node));
            }
            else
            {
                _unbound.Add((claim, new VolumeCandidates(claim, stores.Volumes.List())));
            }
        }
    }

    /// <param name="volumes">What to bind and make there, when it fits.</param>
    /// <exception cref="InvalidOperationException">A claim's class is gone.</exception>
    public Misfit Check(Node node, out PodVolumes volumes)
    {
        volumes = PodVolumes.None;
        var misfit = CheckBound(node);
        if (_selected.Count == 0 && _unbound.Count == 0)
        {
            return misfit;
        }

        if (_selected.Exists(s => s.Node != node.Metadata.Name))
        {
            return misfit | Misfit.NothingToBind;
        }

        List<(PersistentVolumeClaim Claim, PersistentVolume Volume)> chosen = [];
        List<(PersistentVolumeClaim Claim, CSIStorageCapacity? Capacity)> provisions = [];
        foreach (var claim in _selected.Select(s => s.Claim).Concat(Choose(node, chosen)))
        {
            var reason = PlanOf(claim).Check(node, out var capacity);
            if (reason != Misfit.None)
            {
                return misfit | reason;
            }

            provisions.Add((claim, capacity));
        }

        volumes = new PodVolumes(chosen, provisions);
        return misfit;
    }

    private Misfit CheckBound(Node node)
    {
        foreach (var volume in _bound)
        {
            if (!volume.Matches(node))
            {
                return Misfit.NodeAffinity;
            }
        }

        return _isVolumeGone ? Misfit.VolumeGone : Misfit.None;
    }

    /// <returns>The claims for which there is no volume.</returns>
    private List<PersistentVolumeClaim> Choose(Node node, List<(PersistentVolumeClaim Claim, PersistentVolume Volume)> chosen)
    {
        var left = new List<PersistentVolumeClaim>();
        foreach (var (claim, candidates) in _unbound)
        {
            if (candidates.Find(node, chosen) is { } volume)
            {
                chosen.Add((claim, volume));
            }
            else
            {
                left.Add(claim);
            }
        }

        return left;
    }

    private ProvisionPlan PlanOf(PersistentVolumeClaim claim)
    {
        if (!_provisions.TryGetValue(claim, out var plan))
        {
            var name = ClaimFacts.ClassOf(claim);
            var storageClass = _stores.Classes.Get(null, name) ?? throw new InvalidOperationException($"failed to find storage class \"{name}\"");
            plan = new ProvisionPlan(claim, storageClass, _stores);
            _provisions[claim] = plan;
        }

        return plan;
    }
}
