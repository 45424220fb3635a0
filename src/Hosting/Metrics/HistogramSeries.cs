namespace NodeAgent.Hosting.Metrics;

public sealed class HistogramSeries
{
    private readonly Histogram _family;
    private long[]? _counts;
    private AtomicDouble _sum;

    internal HistogramSeries(Histogram family)
    {
        _family = family;
    }

    public long Count
    {
        get
        {
            var counts = Counts;
            long total = 0;
            for (var i = 0; i < counts.Length; i++)
            {
                total += Volatile.Read(ref counts[i]);
            }

            return total;
        }
    }

    public double Sum => _sum.Value;

    /// <summary>One count per bound, not cumulative, and one for what is above the last bound.</summary>
    internal long[] Counts => Volatile.Read(ref _counts) ?? MakeCounts();

    public void Observe(double value)
    {
        var bounds = _family.Bounds;
        var index = 0;
        // Upstream's bounds are few, and most observations are small: a walk beats a binary search. NaN lands above the last bound.
        while (index < bounds.Length && !(value <= bounds[index]))
        {
            index++;
        }

        Interlocked.Increment(ref Counts[index]);
        _sum.Add(value);
    }

    public HistogramTimer NewTimer(TimeProvider time) => new(this, time);

    private long[] MakeCounts()
    {
        var fresh = new long[_family.Bounds.Length + 1];
        return Interlocked.CompareExchange(ref _counts, fresh, null) ?? fresh;
    }
}
