using System.Runtime.InteropServices;

namespace NodeAgent.Hosting.Lifecycle;

/// <summary>
/// The given clock, but its timestamps go on while the host is suspended (Linux's CLOCK_BOOTTIME): for what may not outlive a
/// deadline that others watch, such as a lease. Timers are the given clock's.
/// </summary>
public sealed partial class BootTimeProvider(TimeProvider inner) : TimeProvider
{
    private const int ClockBootTime = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;

    public override long TimestampFrequency => NanosecondsPerSecond;

    public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

    /// <exception cref="InvalidOperationException">The kernel does not have the clock.</exception>
    public override long GetTimestamp() => GetTime(ClockBootTime, out var now) == 0
        ? (now.Seconds * NanosecondsPerSecond) + now.Nanoseconds
        : throw new InvalidOperationException("clock_gettime(CLOCK_BOOTTIME) failed; Linux has had this clock since 2.6.39");

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec now);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
