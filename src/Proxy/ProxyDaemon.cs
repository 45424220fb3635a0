using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Events;
using NodeAgent.KubeApi.Informers;
using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Conntrack;
using NodeAgent.Proxy.Explain;
using NodeAgent.Proxy.Health;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Metrics;
using NodeAgent.Proxy.Nodes;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Sync;
using NodeAgent.Proxy.Watch;

namespace NodeAgent.Proxy;

/// <summary>Puts the proxy together and runs it.</summary>
internal sealed partial class ProxyDaemon(ProxyCommand command, IKubeClient client, IEventRecorder events, MetricsRegistry registry, ILoggerFactory loggers, TimeProvider time)
{
    private const int ManyObjects = 2000;
    private static readonly TimeSpan AddressPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BindRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PodCidrPatience = TimeSpan.FromMinutes(5);
    private readonly ILogger _logger = loggers.CreateLogger<ProxyDaemon>();
    private readonly ProxyOptions _options = command.Options;
    private readonly Sysctls _sysctls = new();
    private readonly ProxyHealth _health = new(2 * command.Options.SyncPeriod, time);
    private readonly ProxyMetrics _metrics = new(registry, new Sysctls(), time);
    private readonly List<IptablesTool> _tables = [];
    private ImmutableArray<FamilySync> _syncs = [];
    private ServiceTraffic? _traffic;
    private int _syncsDone;

    /// <summary>Called once, when the health server answers.</summary>
    public Action Ready { get; init; } = () => { };

    /// <summary>Called when a part of the start is over: when the tables are found, when all is listed, and when the first rules are written.</summary>
    public Action PartOver { get; init; } = () => { };

    /// <summary>Adds what every daemon has to the pages at the metrics address.</summary>
    public Func<DaemonServer, DaemonServer> MorePages { get; init; } = server => server;

    /// <summary>Runs until cancelled, or until a part of it fails.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var node = new NodeTracker(() => SettingsChanged());
        var running = new List<Task>();
        HostSetup.ApplyOomScore(_options, _logger);
        HostSetup.ApplyConntrack(_options, _sysctls, _logger);
        try
        {
            // What asks others waits for their answers; the servers start meanwhile.
            var tables = Task.Run(() => HostSetup.TablesAsync(_options, _logger, stop.Token), stop.Token);
            running.Add(Task.Run(() => NodeInformer(node).RunAsync(stop.Token), stop.Token));
            var health = new ProxyHealthServer(_health, () => node.Facts.Eligible, _metrics.HealthAnswered);
            running.Add(ServeAsync(_options.HealthAddress, address => health.On(address, loggers), "FailedToStartProxierHealthcheck", stop.Token));
            var status = new StatusServer(registry, command.Configuration, token => _traffic?.RefreshAsync(token) ?? Task.CompletedTask, Explain);
            running.Add(ServeAsync(_options.MetricsAddress, address => MorePages(status.On(address, loggers)), "FailedToStartMetricServer", stop.Token));
            events.Record(SyncEvents.Node(_options.NodeName), EventType.Normal, "Starting", "", "StartKubeProxy");
            Ready();
            var trackers = (await tables).ToDictionary(t => t.Family, _ => new ServiceTracker());
            var feed = new ModelFeed(trackers, new EndpointSliceReader(_options.NodeName), Changed, time.GetUtcNow());
            running.Add(new ModelSource(client, loggers, time).RunAsync(feed, stop.Token));
            PartOver();
            await WaitForNodeAsync(node, stop.Token);
            running.AddRange(StartProxying(node, await tables, trackers, feed, stop.Token));
            await await Task.WhenAny(running);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(running).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            _tables.ForEach(t => t.Dispose());
        }
    }

    private List<Task> StartProxying(NodeTracker node, IReadOnlyList<IptablesTool> tables, Dictionary<IPFamily, ServiceTracker> trackers, ModelFeed feed, CancellationToken cancellationToken)
    {
        var liberal = (_sysctls.Get(ConntrackSysctls.BeLiberal) ?? 0) != 0;
        var settings = new RuleSettingsSource(_options, () => node.Facts, FlowCleaner.AddressesOfThisNode, liberal);
        HostSetup.AllowLocalhostNodePorts(settings.For(IPFamily.IPv4), _sysctls, _logger);
        foreach (var family in tables.Select(t => t.Family).Where(f => settings.For(f).NodePortAddresses is null))
        {
            LogNodePortsEverywhere(family);
        }

        if (settings.LocalTrafficProblem() is { } problem)
        {
            LogCannotTellLocal(problem);
        }

        var servers = tables.ToDictionary(t => t.Family, t => new ServiceHealthServers(_options.NodeName, () => HealthCheckAddresses(settings.For(t.Family)), _health, events, loggers));
        _syncs = [.. tables.Select(t => NewSync(t, trackers[t.Family], settings, servers[t.Family]))];

        _traffic = new ServiceTraffic(tables, family => _syncs.First(s => s.Family == family).Model, _options.MaxServiceSeries, time, loggers.CreateLogger<ServiceTraffic>());
        _traffic.Register(registry);
        _metrics.Follow(feed, trackers.Values);
        var complete = CollectAfterAsync(feed);
        return [.. _syncs.Select(s => RunWhenCompleteAsync(s, complete, servers[s.Family], cancellationToken))];
    }

    /// <summary>What large lists were read from is not in memory any more when rules are made of them.</summary>
    private async Task CollectAfterAsync(ModelFeed feed)
    {
        await feed.Complete;
        PartOver();
        if (feed.ServiceChanges + feed.EndpointChanges > ManyObjects)
        {
            GC.Collect();
        }
    }

    private static async Task RunWhenCompleteAsync(FamilySync sync, Task complete, ServiceHealthServers servers, CancellationToken cancellationToken)
    {
        await using (servers)
        {
            await complete.WaitAsync(cancellationToken);
            await sync.RunAsync(cancellationToken);
        }
    }

    private FamilySync NewSync(IptablesTool tables, ServiceTracker tracker, RuleSettingsSource settings, ServiceHealthServers servers)
    {
        var family = tables.Family;
        var watch = RulesWatches.For(family, tables.Flavour, time, loggers);
        var iptables = new IptablesTool(family, tables.Flavour, watch);
        _tables.Add(iptables);
        var flows = new FlowCleaner(new NetlinkConntrack(), FlowCleaner.AddressesOfThisNode, _metrics.FlowsCleaned, time, loggers.CreateLogger<FlowCleaner>());
        ISyncObserver[] observers = [_metrics, new SyncEvents(_options.NodeName, events)];
        var proxier = new FamilyProxier(family, tracker, () => settings.For(family), iptables, flows, observers, time, loggers.CreateLogger<FamilyProxier>());
        var intervals = new SyncIntervals(_options.MinSyncPeriod, _options.SyncPeriod, _options.FullSyncPeriod);
        return new FamilySync(proxier, iptables, watch, _health, observers, (model, token) => SyncedAsync(servers, model, token), intervals, time, loggers.CreateLogger<FamilySync>());
    }

    private async Task SyncedAsync(ServiceHealthServers servers, ServiceModel model, CancellationToken cancellationToken)
    {
        await servers.UpdateAsync(model, cancellationToken);
        if (Interlocked.Increment(ref _syncsDone) == _tables.Count)
        {
            HostSetup.RemoveNftablesMode(_logger);
            PartOver();
        }
    }

    private string? Explain(string name) => ServiceExplanation.Write(name, _syncs.Select(s => s.Explained()), time.GetUtcNow());

    private void Changed(IPFamily family)
    {
        _metrics.Queued(family);
        foreach (var sync in _syncs)
        {
            if (sync.Family == family)
            {
                sync.Changed();
            }
        }
    }

    private void SettingsChanged()
    {
        foreach (var sync in _syncs)
        {
            Changed(sync.Family);
        }
    }

    private Informer<Node> NodeInformer(NodeTracker tracker)
    {
        var informer = new Informer<Node>(client, Resources.Nodes, new InformerOptions<Node>(FieldSelector: $"metadata.name={_options.NodeName}"), loggers, time);
        informer.AddHandler(tracker);
        return informer;
    }

    /// <summary>The node's address is worth a wait, its pod range, where rules need it, a long one.</summary>
    private async Task WaitForNodeAsync(NodeTracker node, CancellationToken cancellationToken)
    {
        LogWaitingForNode(_options.NodeName);
        try
        {
            await (_options.HasBindAddress ? node.Known : node.AddressKnown).WaitAsync(AddressPatience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogNoAddress(_options.NodeName, AddressPatience.TotalSeconds);
        }

        if (_options.DetectLocalMode == DetectLocalMode.NodeCIDR)
        {
            try
            {
                await node.PodCidrKnown.WaitAsync(PodCidrPatience, time, cancellationToken);
            }
            catch (TimeoutException e)
            {
                throw new ProxyStartException($"node {_options.NodeName} has no podCIDR after {PodCidrPatience.TotalMinutes} minutes, which detectLocalMode NodeCIDR needs: check that the controller manager runs with --allocate-node-cidrs, or choose another mode", e);
            }
        }
    }

    /// <summary>Serves until cancelled; an address that is taken is tried again unless the options say that it ends the proxy.</summary>
    /// <param name="failed">The reason of the event that says so.</param>
    private async Task ServeAsync(IPEndPoint? address, Func<IPEndPoint, DaemonServer> server, string failed, CancellationToken cancellationToken)
    {
        for (var complained = false; address is not null; complained = true)
        {
            try
            {
                await using var listener = server(address);
                await listener.StartAsync(cancellationToken);
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
            }
            catch (IOException e)
            {
                if (!complained)
                {
                    events.Record(SyncEvents.Node(_options.NodeName), EventType.Warning, failed, $"cannot serve at {address}: {e.Message}", "StartKubeProxy");
                }

                if (_options.BindAddressHardFail)
                {
                    throw;
                }

                if (!complained)
                {
                    LogAddressTaken(address, e.Message);
                }

                await Task.Delay(BindRetry, time, cancellationToken);
            }
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
    }

    private static ValueList<IPAddress> HealthCheckAddresses(RuleSettings settings) =>
        settings.NodePortAddresses is { Count: > 0 } addresses ? addresses : [settings.Family == IPFamily.IPv4 ? IPAddress.Any : IPAddress.IPv6Any];

    [LoggerMessage(50, LogLevel.Information, "Waiting for node {Name} and its address")]
    private partial void LogWaitingForNode(string name);

    [LoggerMessage(51, LogLevel.Warning, "Node {Name} has no address after {Seconds} s: going on without; load balancer source ranges will not let the node itself through")]
    private partial void LogNoAddress(string name, double seconds);

    [LoggerMessage(53, LogLevel.Warning, "Node ports answer at every {Family} address of this node: nodePortAddresses has no range of that family; nodePortAddresses: [primary] keeps them to the node's own")]
    private partial void LogNodePortsEverywhere(IPFamily family);

    [LoggerMessage(54, LogLevel.Warning, "Cannot tell what pods send from what others send: {Problem}; what comes from outside to a Service's cluster address is not masqueraded, and its answer may take another way back")]
    private partial void LogCannotTellLocal(string problem);

    [LoggerMessage(52, LogLevel.Error, "Cannot serve at {Address}: {Reason}; trying again until it is free")]
    private partial void LogAddressTaken(IPEndPoint address, string reason);
}
