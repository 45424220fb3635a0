namespace NodeAgent.Proxy.Sync;

/// <summary>
/// When to compare all rules with the kernel's because a watch saw somebody else remove something. Comparisons that find
/// nothing are kept to a twentieth of the time, so that a node whose other rules come and go does not pay for it.
/// Safe for concurrent use.
/// </summary>
/// <param name="longest">The longest wait.</param>
internal sealed class Suspicions(TimeSpan longest, TimeProvider time)
{
    private const int QuietFactor = 20;
    private readonly Lock _lock = new();
    private long _quietFrom;
    private TimeSpan _quiet = TimeSpan.Zero;
    private bool _raised;

    /// <returns>How long to wait with the comparison; null when one is waited for already.</returns>
    public TimeSpan? Raise()
    {
        lock (_lock)
        {
            if (_raised)
            {
                return null;
            }

            _raised = true;
            var left = _quiet - time.GetElapsedTime(_quietFrom);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>The comparison has been asked for: what is seen from here on asks for another.</summary>
    public void Acted()
    {
        lock (_lock)
        {
            _raised = false;
        }
    }

    /// <summary>All rules were compared.</summary>
    public void Compared(TimeSpan took, bool foundSomething)
    {
        lock (_lock)
        {
            _quietFrom = time.GetTimestamp();
            var quiet = took * QuietFactor;
            _quiet = foundSomething ? TimeSpan.Zero : quiet < longest ? quiet : longest;
        }
    }
}
