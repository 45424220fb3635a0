using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Conntrack;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Nodes;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Sync;

namespace NodeAgent.Proxy.Explain;

/// <summary><c>kube-proxy plan</c>: what the API says the rules should be, against what the kernel holds. Changes nothing.</summary>
internal sealed class PlanCommand(ProxyOptions options, IKubeClient client, ILoggerFactory loggers, TimeProvider time)
{
    /// <summary>Everything is as it should be.</summary>
    public const int NoDifference = 0;

    /// <summary>Not 1, which says that the command failed.</summary>
    public const int Difference = 2;

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        var tables = await HostSetup.TablesAsync(options, loggers.CreateLogger<PlanCommand>(), cancellationToken);
        var trackers = tables.ToDictionary(t => t.Family, _ => new ServiceTracker());
        await ReadModelAsync(trackers, cancellationToken);
        var facts = await NodeAsync(cancellationToken);
        var liberal = (new Sysctls().Get(ConntrackSysctls.BeLiberal) ?? 0) != 0;
        var settings = new RuleSettingsSource(options, () => facts, FlowCleaner.AddressesOfThisNode, liberal);
        var differs = false;
        foreach (var table in tables)
        {
            var kernel = await table.ReadAsync(cancellationToken);
            var model = trackers[table.Family].Take().Model;
            var plan = new RuleBook(settings.For(table.Family).SizedFor(model)).Compare(model, kernel);
            differs |= !plan.IsEmpty;
            await output.WriteAsync(PlanText.Of(table.Family, plan, kernel, await RulesOfAsync(table, plan, cancellationToken)));
        }

        return differs ? Difference : NoDifference;
    }

    private async Task ReadModelAsync(Dictionary<IPFamily, ServiceTracker> trackers, CancellationToken cancellationToken)
    {
        using var listed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var feed = new ModelFeed(trackers, new EndpointSliceReader(options.NodeName), _ => { }, time.GetUtcNow());
        var source = new ModelSource(client, loggers, time).RunAsync(feed, listed.Token);
        await await Task.WhenAny(feed.Complete, source);
        await listed.CancelAsync();
        await source.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task<NodeFacts> NodeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return NodeFacts.Of(await client.GetAsync(Resources.Nodes, null, options.NodeName, cancellationToken));
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return NodeFacts.Unknown;
        }
    }

    /// <summary>The text of the chains that would be written, as the kernel has them now.</summary>
    private static async Task<Dictionary<ChainId, List<string>>> RulesOfAsync(IptablesTool tool, RulePlan plan, CancellationToken cancellationToken)
    {
        var wanted = plan.Write.ToDictionary(c => c.Id, _ => new List<string>());
        foreach (var table in wanted.Keys.Select(c => c.Table).Distinct().ToList())
        {
            await tool.SaveAsync(table, counters: false, line =>
            {
                if (line.Split(' ', 3) is ["-A", var chain, var rule] && wanted.TryGetValue(new ChainId(table, chain), out var rules))
                {
                    rules.Add(rule);
                }
            }, cancellationToken);
        }

        return wanted;
    }
}
