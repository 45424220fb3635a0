namespace NodeAgent.KubeApi.Client;

/// <summary>Waits that grow by a factor up to a cap, each stretched at random, starting over after a quiet time.</summary>
/// <param name="Jitter">The most by which a wait is stretched, as a part of itself.</param>
/// <param name="ResetAfter">A failure that comes this long after the one before starts anew.</param>
internal sealed record BackoffOptions(TimeSpan First, TimeSpan Cap, double Factor, double Jitter, TimeSpan ResetAfter)
{
    /// <summary>As upstream's reflectors wait.</summary>
    public static readonly BackoffOptions ListWatch = new(TimeSpan.FromMilliseconds(800), TimeSpan.FromSeconds(30), 2, 1, TimeSpan.FromMinutes(2));
}
