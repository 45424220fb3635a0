using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>Scores utilisation by a line through the points of a shape. Resources that score zero do not count.</summary>
internal sealed class RatioScorer(IReadOnlyList<ShapePoint> shape) : IResourceScorer
{
    private const long FullUtilization = 100;

    /// <summary>Scores in the configuration go from 0 to 10.</summary>
    private const long ScoreFactor = IScorePlugin.MaxScore / 10;

    public long Score(ReadOnlySpan<long> requested, ReadOnlySpan<long> allocated, ReadOnlySpan<long> allocatable, ReadOnlySpan<long> weights)
    {
        long sum = 0, weight = 0;
        for (var i = 0; i < requested.Length; i++)
        {
            if (allocatable[i] == 0)
            {
                continue;
            }

            var score = At(requested[i] > allocatable[i] ? FullUtilization : requested[i] * FullUtilization / allocatable[i]);
            if (score > 0)
            {
                sum += score * weights[i];
                weight += weights[i];
            }
        }

        return weight == 0 ? 0 : (long)Math.Round((double)sum / weight, MidpointRounding.AwayFromZero);
    }

    /// <summary>The score, from 0 to 100, of a utilisation in percent.</summary>
    public long At(long utilization)
    {
        for (var i = 0; i < shape.Count; i++)
        {
            var (x, y) = (shape[i].Utilization, shape[i].Score * ScoreFactor);
            if (utilization <= x)
            {
                var (x0, y0) = i == 0 ? (x, y) : (shape[i - 1].Utilization, shape[i - 1].Score * ScoreFactor);
                return i == 0 ? y : y0 + ((y - y0) * (utilization - x0) / (x - x0));
            }
        }

        return shape[^1].Score * ScoreFactor;
    }
}
