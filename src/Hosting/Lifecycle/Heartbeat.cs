namespace NodeAgent.Hosting.Lifecycle;

/// <summary>The sign of life of one loop that has promised to give one within a time.</summary>
public sealed class Heartbeat
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _maxSilence;
    private long _last;

    internal Heartbeat(TimeProvider time, TimeSpan maxSilence)
    {
        _time = time;
        _maxSilence = maxSilence;
        _last = time.GetTimestamp();
    }

    internal bool IsSilent => Silence > _maxSilence;

    internal TimeSpan Silence => _time.GetElapsedTime(Volatile.Read(ref _last));

    public void Beat() => Volatile.Write(ref _last, _time.GetTimestamp());
}
