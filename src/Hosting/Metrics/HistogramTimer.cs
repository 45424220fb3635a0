namespace NodeAgent.Hosting.Metrics;

/// <summary>Observes the seconds from its creation to its disposal.</summary>
public readonly struct HistogramTimer : IDisposable, IEquatable<HistogramTimer>
{
    private readonly HistogramSeries _series;
    private readonly TimeProvider _time;
    private readonly long _start;

    internal HistogramTimer(HistogramSeries series, TimeProvider time)
    {
        _series = series;
        _time = time;
        _start = time.GetTimestamp();
    }

    public static bool operator ==(HistogramTimer left, HistogramTimer right) => left.Equals(right);

    public static bool operator !=(HistogramTimer left, HistogramTimer right) => !left.Equals(right);

    public void Dispose() => _series.Observe(_time.GetElapsedTime(_start).TotalSeconds);

    public bool Equals(HistogramTimer other) => ReferenceEquals(_series, other._series) && _start == other._start;

    public override bool Equals(object? obj) => obj is HistogramTimer other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_series, _start);
}
