namespace NodeAgent.Kubelet.Shutdown;

/// <summary>The login manager of the host, which announces shutdowns and lets programs hold them back for a while.</summary>
internal interface ILogind
{
    /// <summary>The longest that it lets a program hold back a shutdown.</summary>
    /// <exception cref="IOException">There is none on this host, or it does not answer.</exception>
    Task<TimeSpan> ReadMaxDelayAsync(CancellationToken cancellationToken);

    /// <summary>Configures it to wait longer.</summary>
    Task RaiseMaxDelayAsync(TimeSpan delay, CancellationToken cancellationToken);

    /// <summary>Holds a shutdown back until disposed of.</summary>
    IDisposable Inhibit();

    /// <summary>True when a shutdown has begun, false when it was called off; ends when the host's bus goes away.</summary>
    IAsyncEnumerable<bool> ShutdownsAsync(CancellationToken cancellationToken);
}
