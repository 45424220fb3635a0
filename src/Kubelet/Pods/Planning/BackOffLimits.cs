namespace NodeAgent.Kubelet.Pods.Planning;

/// <param name="First">The delay after the first failure.</param>
/// <param name="Longest">Where doubling stops.</param>
/// <param name="ForgottenAfter">How long it has to go well before the delay starts from the beginning.</param>
internal sealed record BackOffLimits(TimeSpan First, TimeSpan Longest, TimeSpan ForgottenAfter)
{
    public static readonly BackOffLimits Crash = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(600));

    public static readonly BackOffLimits ImagePull = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(600));

    /// <summary>The crash back-off with another longest delay; the first delay is never longer than that.</summary>
    public static BackOffLimits CrashUpTo(TimeSpan longest) => Crash with { Longest = longest, First = longest < Crash.First ? longest : Crash.First };

    /// <summary>Whether what failed at <paramref name="failedAt"/> had gone well for so long that it counts as a first failure.</summary>
    public bool IsOver(BackOff backOff, DateTimeOffset failedAt) => failedAt - backOff.LastTry > ForgottenAfter;
}
