using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Kubelet.Node;

/// <summary>
/// The chains by which other tools see which iptables this node uses, and the rule that keeps packets to loopback addresses
/// from outside away. Looked after once a minute, because others flush tables.
/// </summary>
internal sealed partial class IptablesChains(TimeProvider time, ILogger<IptablesChains> logger)
{
    private const string Firewall = "KUBE-FIREWALL";
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private static readonly string[] CanaryTables = ["mangle", "nat", "filter"];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await EnsureAsync("iptables", cancellationToken);
                await EnsureAsync("ip6tables", cancellationToken);
            }
            catch (Win32Exception e)
            {
                LogNoIptables(e.Message);
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
            }

            await Task.Delay(Every, time, cancellationToken);
        }
    }

    private static async Task EnsureAsync(string program, CancellationToken cancellationToken)
    {
        await EnsureChainAsync(program, "mangle", "KUBE-IPTABLES-HINT", cancellationToken);
        foreach (var table in CanaryTables)
        {
            await EnsureChainAsync(program, table, "KUBE-KUBELET-CANARY", cancellationToken);
        }

        if (program == "ip6tables")
        {
            return;
        }

        await EnsureChainAsync(program, "filter", Firewall, cancellationToken);
        await EnsureRuleAsync(
            program,
            Firewall,
            ["-m", "comment", "--comment", "block incoming localnet connections", "--dst", "127.0.0.0/8", "!", "--src", "127.0.0.0/8", "-m", "conntrack", "!", "--ctstate", "RELATED,ESTABLISHED,DNAT", "-j", "DROP"],
            cancellationToken);
        await EnsureRuleAsync(program, "OUTPUT", ["-j", Firewall], cancellationToken);
        await EnsureRuleAsync(program, "INPUT", ["-j", Firewall], cancellationToken);
    }

    private static async Task EnsureChainAsync(string program, string table, string chain, CancellationToken cancellationToken)
    {
        if (await RunAsync(program, ["-w", "5", "-t", table, "-n", "-L", chain], cancellationToken) != 0)
        {
            await RunAsync(program, ["-w", "5", "-t", table, "-N", chain], cancellationToken);
        }
    }

    private static async Task EnsureRuleAsync(string program, string chain, string[] rule, CancellationToken cancellationToken)
    {
        if (await RunAsync(program, ["-w", "5", "-t", "filter", "-C", chain, .. rule], cancellationToken) != 0)
        {
            await RunAsync(program, ["-w", "5", "-t", "filter", "-I", chain, .. rule], cancellationToken);
        }
    }

    private static async Task<int> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new Win32Exception($"{program} could not be started");
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }

    [LoggerMessage(1, LogLevel.Warning, "The iptables utility chains are not made: {Error}")]
    private partial void LogNoIptables(string error);
}
