using System.ComponentModel;
using Microsoft.Extensions.Logging;
using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Conntrack;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Nodes;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy;

/// <summary>What the host has to have, and is given, before rules are written.</summary>
internal static partial class HostSetup
{
    private const string RouteLocalnet = "net/ipv4/conf/all/route_localnet";

    /// <summary>What <c>--init-only</c> does: the settings that a proxy with fewer rights could not make.</summary>
    public static void Initialize(ProxyOptions options, ILogger logger)
    {
        var sysctls = new Sysctls();
        ApplyConntrack(options, sysctls, logger);
        var settings = new RuleSettingsSource(options, () => NodeFacts.Unknown, () => [], conntrackLiberal: false);
        AllowLocalhostNodePorts(settings.For(IPFamily.IPv4), sysctls, logger);
    }

    /// <summary>Removes every rule of the proxy, in both flavours and families, and what upstream's nftables mode left.</summary>
    /// <returns>Whether all went well; what did not is logged.</returns>
    public static async Task<bool> CleanUpAsync(ILogger logger, CancellationToken cancellationToken)
    {
        var clean = true;
        foreach (var flavour in new[] { IptablesFlavour.Nft, IptablesFlavour.Legacy })
        {
            foreach (var family in Enum.GetValues<IPFamily>())
            {
                clean &= await CleanUpAsync(new IptablesTool(family, flavour), logger, cancellationToken);
            }
        }

        return RemoveNftablesMode(logger) && clean;
    }

    /// <summary>Removes what upstream's kube-proxy left when it ran in nftables mode. To be called when rules stand that take its place.</summary>
    /// <returns>Whether all went well; what did not is logged.</returns>
    public static bool RemoveNftablesMode(ILogger logger)
    {
        var clean = true;
        foreach (var family in Enum.GetValues<IPFamily>())
        {
            try
            {
                if (NftablesModeRules.TryRemove(family))
                {
                    LogNftablesModeRemoved(logger, family);
                }
            }
            catch (Win32Exception e)
            {
                LogNftablesModeStays(logger, e.Message, family);
                clean = false;
            }
        }

        return clean;
    }

    /// <summary>Tells the kernel which processes to end first when memory runs out; a host may not grant it, which is no reason not to run.</summary>
    public static void ApplyOomScore(ProxyOptions options, ILogger logger)
    {
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", options.OomScoreAdj.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogSysctl(logger, $"set oom_score_adj to {options.OomScoreAdj}: {e.Message}");
        }
    }

    public static void ApplyConntrack(ProxyOptions options, Sysctls sysctls, ILogger logger)
    {
        foreach (var (name, value) in ConntrackSysctls.Plan(options.Conntrack, Environment.ProcessorCount))
        {
            if (sysctls.Ensure(name, value) is { } problem)
            {
                LogSysctl(logger, problem);
            }
        }
    }

    /// <summary>The tables of each family that this host has; IPv4's must be there.</summary>
    public static async Task<IReadOnlyList<IptablesTool>> TablesAsync(ProxyOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        var flavour = options.Iptables;
        if (flavour == IptablesFlavour.Default)
        {
            flavour = await FlavourDetection.DetectAsync(cancellationToken);
        }

        if (flavour == IptablesFlavour.Default)
        {
            flavour = await FlavourDetection.OfHostDefaultAsync(cancellationToken);
        }

        var tables = new List<IptablesTool>();
        foreach (var family in Enum.GetValues<IPFamily>())
        {
            var tool = new IptablesTool(family, flavour);
            tool = tool.IsInstalled() ? tool : new IptablesTool(family, IptablesFlavour.Default);
            try
            {
                await tool.ReadMangleAsync(cancellationToken);
                tables.Add(tool);
            }
            catch (IptablesException e) when (family == IPFamily.IPv6)
            {
                LogFamilyMissing(logger, family, e.Message);
            }
        }

        LogTables(logger, flavour, string.Join(" and ", tables.Select(t => t.Family)));
        return tables;
    }

    /// <summary>Without this the kernel drops what 127.0.0.1 sends to a node port and the rules send on.</summary>
    /// <exception cref="ProxyStartException">The kernel did not take the setting.</exception>
    public static void AllowLocalhostNodePorts(RuleSettings settings, Sysctls sysctls, ILogger logger)
    {
        if (!settings.LocalhostNodePorts)
        {
            return;
        }

        LogLocalhostNodePorts(logger);
        if (sysctls.Ensure(RouteLocalnet, 1) is { } problem)
        {
            throw new ProxyStartException($"{problem}; run with the right to set it, or turn node ports on localhost off with iptables.localhostNodePorts: false (--iptables-localhost-nodeports=false)");
        }
    }

    private static async Task<bool> CleanUpAsync(IptablesTool tool, ILogger logger, CancellationToken cancellationToken)
    {
        if (!tool.IsInstalled())
        {
            return true;
        }

        try
        {
            var text = Cleanup.Text(await tool.ReadAsync(cancellationToken));
            if (text.Length > 0)
            {
                await tool.RestoreAsync(text, cancellationToken);
                LogCleaned(logger, tool.Family, tool.Flavour);
            }

            return true;
        }
        catch (IptablesException e)
        {
            LogCleanupFailed(logger, e, tool.Family, tool.Flavour);
            return false;
        }
    }

    [LoggerMessage(64, LogLevel.Information, "Removed the {Family} rules in iptables {Flavour}")]
    private static partial void LogCleaned(ILogger logger, IPFamily family, IptablesFlavour flavour);

    [LoggerMessage(65, LogLevel.Error, "Removing the {Family} rules in iptables {Flavour} failed")]
    private static partial void LogCleanupFailed(ILogger logger, Exception e, IPFamily family, IptablesFlavour flavour);

    [LoggerMessage(66, LogLevel.Information, "Removed the {Family} rules that a kube-proxy in nftables mode left")]
    private static partial void LogNftablesModeRemoved(ILogger logger, IPFamily family);

    [LoggerMessage(67, LogLevel.Warning, "Could not look for {Family} rules that a kube-proxy in nftables mode may have left: {Reason}; where one ran before, delete its table: nft delete table ip kube-proxy (ip6 for IPv6)")]
    private static partial void LogNftablesModeStays(ILogger logger, string reason, IPFamily family);

    [LoggerMessage(60, LogLevel.Warning, "Could not {Problem}; going on with the value that is there")]
    private static partial void LogSysctl(ILogger logger, string problem);

    [LoggerMessage(61, LogLevel.Warning, "Not proxying {Family}: {Reason}")]
    private static partial void LogFamilyMissing(ILogger logger, IPFamily family, string reason);

    [LoggerMessage(62, LogLevel.Information, "Using iptables ({Flavour}) for {Families}")]
    private static partial void LogTables(ILogger logger, IptablesFlavour flavour, string families);

    [LoggerMessage(63, LogLevel.Information, "Setting route_localnet=1 so that node ports answer on localhost; iptables.localhostNodePorts: false or nodePortAddresses without loopback leaves it")]
    private static partial void LogLocalhostNodePorts(ILogger logger);
}
