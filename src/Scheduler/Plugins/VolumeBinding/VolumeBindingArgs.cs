using NodeAgent.Scheduler.Plugins.NodeResources;

namespace NodeAgent.Scheduler.Plugins.VolumeBinding;

/// <summary>The pluginConfig of VolumeBinding.</summary>
internal sealed record VolumeBindingArgs : IPluginArgs
{
    /// <summary>How long binding waits for the pod's volumes.</summary>
    public long BindTimeoutSeconds { get; init; } = 600;

    /// <summary>The line that scores how much of the storage would be used; needs the feature gate StorageCapacityScoring.</summary>
    public IReadOnlyList<ShapePoint>? Shape { get; init; }

    public IEnumerable<string> Validate()
    {
        if (BindTimeoutSeconds < 0)
        {
            yield return $"bindTimeoutSeconds: {BindTimeoutSeconds} must not be less than 0";
        }

        for (var i = 0; i < (Shape?.Count ?? 0); i++)
        {
            if (Shape![i].Utilization is < 0 or > 100 || Shape[i].Score is < 0 or > 10)
            {
                yield return $"shape[{i}]: utilization must be from 0 to 100 and score from 0 to 10";
            }
            else if (i > 0 && Shape[i].Utilization <= Shape[i - 1].Utilization)
            {
                yield return $"shape[{i}]: utilization must be greater than that of the point before";
            }
        }

        if (Shape is { Count: 0 })
        {
            yield return "shape: at least one point is wanted";
        }
    }
}
