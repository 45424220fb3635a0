namespace NodeAgent.Hosting.Metrics;

/// <summary>The usual rows of bucket bounds.</summary>
public static class HistogramBuckets
{
    /// <summary>Prometheus' own default for latencies in seconds.</summary>
    public static double[] Default => [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    public static double[] Exponential(double start, double factor, int count)
    {
        if (!(start > 0) || !(factor > 1) || count < 1)
        {
            throw new ArgumentException($"exponential buckets need start > 0, factor > 1 and a count, not {start}, {factor}, {count}");
        }

        var bounds = new double[count];
        for (var i = 0; i < count; i++)
        {
            bounds[i] = start;
            start *= factor;
        }

        return bounds;
    }

    public static double[] Linear(double start, double width, int count)
    {
        if (!(width > 0) || count < 1)
        {
            throw new ArgumentException($"linear buckets need width > 0 and a count, not {width}, {count}");
        }

        var bounds = new double[count];
        for (var i = 0; i < count; i++)
        {
            bounds[i] = start;
            start += width;
        }

        return bounds;
    }
}
