using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>50 to 100: 75 where the pod leaves the balance as it is, more where it betters it.</summary>
internal sealed class BalancedScorer : IResourceScorer
{
    public static readonly BalancedScorer Instance = new();

    public long Score(ReadOnlySpan<long> requested, ReadOnlySpan<long> allocated, ReadOnlySpan<long> allocatable, ReadOnlySpan<long> weights) =>
        (IScorePlugin.MaxScore / 2) + (((IScorePlugin.MaxScore / 2) + Balance(requested, allocatable) - Balance(allocated, allocatable)) / 2);

    /// <summary>100 less the standard deviation of the shares in use, in percent.</summary>
    private static long Balance(ReadOnlySpan<long> used, ReadOnlySpan<long> allocatable)
    {
        Span<double> shares = stackalloc double[used.Length];
        var count = 0;
        var sum = 0.0;
        for (var i = 0; i < used.Length; i++)
        {
            if (allocatable[i] != 0)
            {
                var share = Math.Min(1.0, (double)used[i] / allocatable[i]);
                sum += share;
                shares[count++] = share;
            }
        }

        return (long)((1 - Deviation(shares[..count], sum)) * IScorePlugin.MaxScore);
    }

    private static double Deviation(ReadOnlySpan<double> shares, double sum)
    {
        if (shares.Length < 2)
        {
            return 0;
        }

        if (shares.Length == 2)
        {
            return Math.Abs((shares[0] - shares[1]) / 2);
        }

        var mean = sum / shares.Length;
        var squares = 0.0;
        foreach (var share in shares)
        {
            squares += (share - mean) * (share - mean);
        }

        return Math.Sqrt(squares / shares.Length);
    }
}
