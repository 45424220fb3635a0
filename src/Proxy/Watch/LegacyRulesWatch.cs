using System.ComponentModel;
using Microsoft.Extensions.Logging;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Watch;

/// <summary>
/// iptables-legacy notifies nobody, but the kernel tells the sizes of its tables: twice a second they are compared with what
/// they were after the proxy's own last write. A table that has shrunk meanwhile was changed by somebody else.
/// </summary>
internal sealed partial class LegacyRulesWatch(IPFamily family, ILegacyTables tables, TimeProvider time, ILogger<LegacyRulesWatch> logger) : IRulesWatch
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);
    private readonly Lock _lock = new();
    private readonly Dictionary<Table, LegacyTableSize> _known = [];
    private bool _writing;
    private bool _shrunk;

    /// <summary>What changed up to now was not this write.</summary>
    public void Writing(int processId)
    {
        lock (_lock)
        {
            try
            {
                _shrunk |= Look();
            }
            catch (Win32Exception)
            {
                // RunAsync says so, once.
            }

            _writing = true;
        }
    }

    public void Written()
    {
        lock (_lock)
        {
            _writing = false;
            _known.Clear();
            try
            {
                Look();
            }
            catch (Win32Exception)
            {
                // RunAsync says so, once.
            }
        }
    }

    public async Task RunAsync(Action<RulesDisturbance> changed, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                if (HasShrunk())
                {
                    changed(RulesDisturbance.Removed);
                }
            }
            catch (Win32Exception e)
            {
                LogUnavailable(family, e.Message);
                return;
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private bool HasShrunk()
    {
        lock (_lock)
        {
            var shrunk = _shrunk;
            _shrunk = false;
            return (!_writing && Look()) || shrunk;
        }
    }

    /// <summary>Compares with what was known, and remembers what is there now.</summary>
    private bool Look()
    {
        var shrunk = false;
        foreach (var table in Enum.GetValues<Table>())
        {
            var size = tables.Read(table);
            shrunk |= _known.TryGetValue(table, out var known) && (size.Entries < known.Entries || size.Bytes < known.Bytes);
            _known[table] = size;
        }

        return shrunk;
    }

    [LoggerMessage(81, LogLevel.Warning, "Cannot look for changes to the {Family} rules by others: {Reason}; looking for the canary chains every sync period instead")]
    private partial void LogUnavailable(IPFamily family, string reason);
}
