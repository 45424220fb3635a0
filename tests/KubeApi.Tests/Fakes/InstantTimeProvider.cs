using System.Collections.Concurrent;

namespace NodeAgent.KubeApi.Tests.Fakes;

/// <summary>A clock whose pauses end at once and are remembered; timers of five minutes and more, which guard and do not pause, never fire.</summary>
internal sealed class InstantTimeProvider : TimeProvider
{
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(5);

    public ConcurrentQueue<TimeSpan> Pauses { get; } = new();

    /// <summary>Nothing takes any time, however busy the host.</summary>
    public override long GetTimestamp() => 0;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime >= Guard || dueTime < TimeSpan.Zero)
        {
            return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        Pauses.Enqueue(dueTime);
        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
