namespace NodeAgent.KubeApi.Events;

/// <summary>How events are kept and written.</summary>
public sealed record EventRecorderOptions
{
    public static EventRecorderOptions Default { get; } = new();

    /// <summary>Loops that write at the same time; events about one object always go through the same one, in order.</summary>
    public int Writers { get; init; } = 1;

    /// <summary>Events that may wait, per writer; the oldest are dropped beyond it.</summary>
    public int QueueLength { get; init; } = 1000;

    public int MaxTries { get; init; } = 12;

    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long what is queued may take to be written when the daemon stops.</summary>
    public TimeSpan FlushTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
