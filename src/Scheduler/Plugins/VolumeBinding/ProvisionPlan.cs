using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.KubeApi.Storage.V1;
using NodeAgent.Scheduler.Plugins.Volumes;

namespace NodeAgent.Scheduler.Plugins.VolumeBinding;

/// <summary>On which nodes a volume can be made for one claim.</summary>
internal sealed class ProvisionPlan
{
    private readonly bool _hasProvisioner;
    private readonly IReadOnlyList<TopologySelectorTerm> _topologies;
    private readonly List<(CSIStorageCapacity Capacity, Selector Nodes)>? _capacities;

    public ProvisionPlan(PersistentVolumeClaim claim, StorageClass storageClass, VolumeStores stores)
    {
        _hasProvisioner = storageClass.Provisioner is not ("" or ClaimFacts.NoProvisioner);
        _topologies = storageClass.AllowedTopologies;
        var isTracked = stores.CsiDrivers?.Get(null, storageClass.Provisioner)?.Spec?.StorageCapacity ?? false;
        var size = ClaimFacts.RequestOf(claim);
        if (_hasProvisioner && isTracked && stores.Capacities is not null && !size.IsZero)
        {
            _capacities = [.. stores.Capacities.List()
                .Where(c => c.StorageClassName == storageClass.Metadata.Name && c.NodeTopology is not null && Limit(c) is { } limit && limit >= size)
                .Select(c => (c, Selector.From(c.NodeTopology)))];
        }
    }

    public Misfit Check(Node node, out CSIStorageCapacity? capacity)
    {
        capacity = null;
        if (!_hasProvisioner || !IsAllowed(node))
        {
            return Misfit.NothingToBind;
        }

        if (_capacities is null)
        {
            return Misfit.None;
        }

        foreach (var (found, nodes) in _capacities)
        {
            if (nodes.Matches(node.Metadata.Labels))
            {
                capacity = found;
                return Misfit.None;
            }
        }

        return Misfit.NotEnoughSpace;
    }

    /// <summary>The size of the greatest volume that can be made; null when nothing is known of it.</summary>
    public static KubeApi.Meta.QuantityValue? Limit(CSIStorageCapacity capacity) => (capacity.MaximumVolumeSize ?? capacity.Capacity)?.Amount;

    private bool IsAllowed(Node node)
    {
        if (_topologies.Count == 0)
        {
            return true;
        }

        foreach (var term in _topologies)
        {
            if (term.MatchLabelExpressions.Count > 0
                && term.MatchLabelExpressions.All(e => node.Metadata.Labels.TryGetValue(e.Key, out var value) && e.Values.Contains(value)))
            {
                return true;
            }
        }

        return false;
    }
}
