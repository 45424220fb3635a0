using Microsoft.Extensions.Logging;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Watch;

/// <summary>The watch that fits a flavour of iptables.</summary>
internal static class RulesWatches
{
    public static IRulesWatch For(IPFamily family, IptablesFlavour flavour, TimeProvider time, ILoggerFactory loggers) => flavour == IptablesFlavour.Legacy
        ? new LegacyRulesWatch(family, new LegacyTables(family), time, loggers.CreateLogger<LegacyRulesWatch>())
        : new NftRulesWatch(family, loggers.CreateLogger<NftRulesWatch>());
}
