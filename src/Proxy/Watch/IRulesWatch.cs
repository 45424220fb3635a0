using NodeAgent.Proxy.Iptables;

namespace NodeAgent.Proxy.Watch;

/// <summary>Notices within a second that somebody else took rules of one family away, without running a program.</summary>
internal interface IRulesWatch : IWriteObserver
{
    /// <summary>
    /// Watches until cancelled. Returns when this kernel or these rights do not allow it; the canaries that are looked for
    /// every sync period are all there is then.
    /// </summary>
    /// <param name="changed">Called, from any thread, with what was seen.</param>
    Task RunAsync(Action<RulesDisturbance> changed, CancellationToken cancellationToken);
}
