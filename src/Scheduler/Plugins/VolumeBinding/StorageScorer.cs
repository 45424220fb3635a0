using NodeAgent.KubeApi.Meta;
using NodeAgent.Scheduler.Plugins.NodeResources;
using NodeAgent.Scheduler.Plugins.Volumes;

namespace NodeAgent.Scheduler.Plugins.VolumeBinding;

/// <summary>Scores how much of the storage would be used, from 0 to 100, averaged over storage classes.</summary>
internal sealed class StorageScorer(IReadOnlyList<ShapePoint> shape)
{
    /// <summary>Less used is better: what is left can serve more claims.</summary>
    public static readonly IReadOnlyList<ShapePoint> DefaultShape = [new() { Utilization = 0, Score = 10 }, new() { Utilization = 100, Score = 0 }];

    private readonly RatioScorer _line = new(shape);

    public long Score(PodVolumes volumes)
    {
        var classes = new Dictionary<string, (QuantityValue Requested, QuantityValue Capacity)>(StringComparer.Ordinal);
        if (volumes.Static.Count > 0)
        {
            foreach (var (claim, volume) in volumes.Static)
            {
                var name = volume.Spec.StorageClassName;
                var sum = classes.GetValueOrDefault(name);
                classes[name] = (sum.Requested + ClaimFacts.RequestOf(claim), sum.Capacity + ClaimFacts.CapacityOf(volume));
            }
        }
        else
        {
            foreach (var (claim, capacity) in volumes.Provisions.Where(p => p.Capacity is not null))
            {
                var name = ClaimFacts.ClassOf(claim);
                classes[name] = (classes.GetValueOrDefault(name).Requested + ClaimFacts.RequestOf(claim), capacity!.Capacity?.Amount ?? QuantityValue.Zero);
            }
        }

        return classes.Count == 0 ? 0 : (long)Math.Round((double)classes.Values.Sum(ScoreOf) / classes.Count, MidpointRounding.AwayFromZero);
    }

    private long ScoreOf((QuantityValue Requested, QuantityValue Capacity) storage) =>
        _line.At(storage.Capacity.IsZero || storage.Requested > storage.Capacity ? 100 : (long)(storage.Requested.Steps * 100 / storage.Capacity.Steps));
}
