using System.ComponentModel;
using System.Net;
using System.Net.NetworkInformation;
using Microsoft.Extensions.Logging;
using NodeAgent.Proxy.Conntrack;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Sync;

/// <summary>Deletes the flows that <see cref="StaleFlows"/> finds.</summary>
/// <param name="cleaned">Told how many were deleted and how long it took.</param>
internal sealed partial class FlowCleaner(IConntrack conntrack, Func<IReadOnlySet<IPAddress>> nodeAddresses, Action<IPFamily, int, TimeSpan> cleaned, TimeProvider time, ILogger<FlowCleaner> logger)
{
    /// <returns>False when the connection table could not be read or changed: try again with the next sync.</returns>
    public bool TryClean(IPFamily family, ServiceModel model)
    {
        var started = time.GetTimestamp();
        try
        {
            var stale = StaleFlows.Find(model, nodeAddresses(), conntrack.List(family));
            var deleted = stale.Count == 0 ? 0 : conntrack.Delete(family, stale);
            cleaned(family, deleted, time.GetElapsedTime(started));
            if (deleted > 0)
            {
                LogCleaned(family, deleted);
            }

            return true;
        }
        catch (Win32Exception e)
        {
            LogFailed(e, family);
            return false;
        }
    }

    /// <summary>Every address of this node.</summary>
    public static HashSet<IPAddress> AddressesOfThisNode() =>
        [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address)];

    [LoggerMessage(20, LogLevel.Information, "Deleted {Count} {Family} flows to endpoints that are gone")]
    private partial void LogCleaned(IPFamily family, int count);

    [LoggerMessage(21, LogLevel.Error, "Looking for {Family} flows to endpoints that are gone failed; clients may keep sending to them until the next sync")]
    private partial void LogFailed(Exception e, IPFamily family);
}
