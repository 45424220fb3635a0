namespace NodeAgent.Kubelet.Pods.Planning;

/// <summary>The delay of something that keeps failing: doubles at each try, forgotten after it has gone well for long enough.</summary>
/// <param name="Delay">What has to pass between the last failure and the next try.</param>
/// <param name="LastTry">When it was last tried.</param>
internal readonly record struct BackOff(TimeSpan Delay, DateTimeOffset LastTry)
{
    /// <summary>When the next try may be, after a failure at <paramref name="failedAt"/>; null when it may be at once.</summary>
    public static DateTimeOffset? WaitUntil(BackOff? current, DateTimeOffset failedAt, DateTimeOffset now, BackOffLimits limits)
    {
        if (current is not { } backOff || limits.IsOver(backOff, failedAt))
        {
            return null;
        }

        var until = failedAt + backOff.Delay;
        return until > now ? until : null;
    }

    /// <summary>The back-off after one more try.</summary>
    public static BackOff Next(BackOff? current, DateTimeOffset failedAt, DateTimeOffset now, BackOffLimits limits)
    {
        if (current is not { } backOff || limits.IsOver(backOff, failedAt))
        {
            return new BackOff(limits.First, now);
        }

        var doubled = backOff.Delay * 2;
        return new BackOff(doubled < limits.Longest ? doubled : limits.Longest, now);
    }
}
