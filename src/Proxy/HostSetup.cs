using Microsoft.Extensions.Logging;
using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Conntrack;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy;

/// <summary>What the host has to have, and is given, before rules are written.</summary>
internal static partial class HostSetup
{
    private const string RouteLocalnet = "net/ipv4/conf/all/route_localnet";

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
        var flavour = options.Iptables == IptablesFlavour.Default ? await FlavourDetection.DetectAsync(cancellationToken) : options.Iptables;
        var tables = new List<IptablesTool>();
        foreach (var family in Enum.GetValues<IPFamily>())
        {
            var tool = new IptablesTool(family, flavour);
            try
            {
                await tool.ReadAsync(cancellationToken);
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

    [LoggerMessage(60, LogLevel.Warning, "Could not {Problem}; going on with the value that is there")]
    private static partial void LogSysctl(ILogger logger, string problem);

    [LoggerMessage(61, LogLevel.Warning, "Not proxying {Family}: {Reason}")]
    private static partial void LogFamilyMissing(ILogger logger, IPFamily family, string reason);

    [LoggerMessage(62, LogLevel.Information, "Using iptables ({Flavour}) for {Families}")]
    private static partial void LogTables(ILogger logger, IptablesFlavour flavour, string families);

    [LoggerMessage(63, LogLevel.Information, "Setting route_localnet=1 so that node ports answer on localhost; iptables.localhostNodePorts: false or nodePortAddresses without loopback leaves it")]
    private static partial void LogLocalhostNodePorts(ILogger logger);
}
