namespace NodeAgent.Hosting.Lifecycle;

/// <summary>
/// When a daemon that has become quiet should give memory back to the host. The garbage collector by itself keeps what a burst
/// of work made it take until the next burst; on a node that memory is the pods'.
/// </summary>
/// <param name="quietBytes">Allocating less than this in one period counts as quiet, in bytes.</param>
/// <remarks>Not safe for concurrent use: one loop asks.</remarks>
internal sealed class IdleMemory(TimeProvider time, long quietBytes = IdleMemory.QuietBytes)
{
    /// <summary>How often the loop looks.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>What counts as quiet for a daemon that does not say.</summary>
    public const long QuietBytes = 2 << 20;

    /// <summary>Allocations since the last release that make another one worth its cost, in bytes.</summary>
    public const long WorthBytes = 8 << 20;

    /// <summary>A heap larger than this is left to the collector: to compact it would pause the daemon for too long. In bytes.</summary>
    public const long LargestHeapBytes = 64 << 20;

    // Releases may take a twenty-fifth of the time at most; they are rarer than that, because only new garbage makes one worth its cost.
    private const int PauseFactor = 25;

    private long _seen;
    private long _released;
    private DateTimeOffset _notBefore;

    /// <summary>To be asked once a <see cref="Period"/>.</summary>
    /// <param name="allocated">All that the process has ever allocated, in bytes.</param>
    /// <param name="heap">The size of the heap after the last collection, in bytes.</param>
    public bool IsDue(long allocated, long heap)
    {
        var quiet = allocated - _seen < quietBytes;
        _seen = allocated;
        return quiet && allocated - _released >= WorthBytes && heap <= LargestHeapBytes && time.GetUtcNow() >= _notBefore;
    }

    /// <summary>Notes a release and how long it held the daemon up.</summary>
    public void Released(long allocated, TimeSpan took)
    {
        _released = allocated;
        _notBefore = time.GetUtcNow() + (took * PauseFactor);
    }
}
