namespace NodeAgent.Scheduler.Config;

/// <summary>What --feature-gates switches, with v1.36's defaults.</summary>
internal sealed record FeatureGates
{
    public static FeatureGates Default { get; } = new();

    /// <summary>VolumeBinding scores nodes by how full their storage would be.</summary>
    public bool StorageCapacityScoring { get; init; }

    /// <summary>Pods go to nodes that declare what they use.</summary>
    public bool NodeDeclaredFeatures { get; init; } = true;

    /// <summary>Pods of one PodGroup are tried together.</summary>
    public bool GenericWorkload { get; init; }

    /// <summary>Groups with the policy gang are scheduled as a whole or not at all; needs <see cref="GenericWorkload"/>.</summary>
    public bool GangScheduling { get; init; }

    /// <summary>What cannot be, each with its name.</summary>
    public IEnumerable<string> Validate()
    {
        if (GangScheduling && !GenericWorkload)
        {
            yield return "--feature-gates: GangScheduling=true needs GenericWorkload=true";
        }
    }

    public static FeatureGates From(IReadOnlyDictionary<string, bool> switches) => new()
    {
        GangScheduling = switches.GetValueOrDefault(nameof(GangScheduling), Default.GangScheduling),
        GenericWorkload = switches.GetValueOrDefault(nameof(GenericWorkload), Default.GenericWorkload),
        NodeDeclaredFeatures = switches.GetValueOrDefault(nameof(NodeDeclaredFeatures), Default.NodeDeclaredFeatures),
        StorageCapacityScoring = switches.GetValueOrDefault(nameof(StorageCapacityScoring), Default.StorageCapacityScoring),
    };

    /// <summary>Names that switch nothing here.</summary>
    public static IEnumerable<string> Unknown(IReadOnlyDictionary<string, bool> switches) =>
        switches.Keys.Where(k => typeof(FeatureGates).GetProperty(k)?.PropertyType != typeof(bool));
}
