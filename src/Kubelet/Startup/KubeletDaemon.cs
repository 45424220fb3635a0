using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Hosting.Logging;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi.Coordination;
using NodeAgent.KubeApi.Events;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Eviction;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Node;
using NodeAgent.Kubelet.Pods.Sources;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Plugins;
using NodeAgent.Kubelet.Resources;
using NodeAgent.Kubelet.Shutdown;
using NodeAgent.Kubelet.Stats;
using NodeAgent.Kubelet.Users;
using NodeAgent.Kubelet.Volumes.Csi;
using V1Node = NodeAgent.KubeApi.Core.V1.Node;

namespace NodeAgent.Kubelet.Startup;

/// <summary>Puts the kubelet together and starts its loops. Knows every part; no part knows it.</summary>
internal sealed class KubeletDaemon(DaemonContext<KubeletSettings> context)
{
    private const string LogsFolder = "/var/log/containers";
    private static readonly TimeSpan RelistTooOld = TimeSpan.FromMinutes(3);

    public static readonly DaemonDefinition<KubeletSettings> Definition = new("kubelet", "Runs the pods of one node: starts their containers, watches over them, and tells the API server how they are.")
    {
        Declare = flags =>
        {
            var own = new KubeletFlags(flags);
            return own.Load;
        },
        Logging = settings => new LoggingOptions(settings.Config.Logging.Format, settings.Config.Logging.Verbosity),
    };

    private KubeletSettings Settings => context.Config;

    private ILoggerFactory Loggers => context.Loggers;

    private TimeProvider Time => context.Time;

    private string CgroupRoot => Settings.Config.CgroupRoot.Length > 0 ? Settings.Config.CgroupRoot : "/";

    public async Task<int> RunAsync()
    {
        Directory.CreateDirectory(Settings.RootDirectory);
        var identity = new NodeIdentity(Settings, Loggers, Time);
        await identity.EnsureAsync(context.Stopping);
        var engine = EngineConnection.Open(Settings, Loggers, Time).Counted(new RuntimeMetrics(context.Metrics, Time));
        var api = ApiConnection.Open(Settings, context.Metrics, Loggers, Time);
        var events = MakeEvents(api);
        var host = HostInfo.Read();
        var facts = MakeFacts(host, api);
        var objects = MakeObjects(api);
        var resources = new ResourceParts(Settings, host, api?.Client, objects, context.Metrics, Loggers, Time);
        resources.Restore();
        var cgroups = MakeCgroups(host, resources);
        var health = new RuntimeHealth(engine.Runtime, Time, Loggers.CreateLogger<RuntimeHealth>());
        var pressure = new NodePressure();
        var shutdown = new ShutdownState();
        var sysctls = new Sysctls(Settings.Config.AllowedUnsafeSysctls);
        var paths = new PodPaths(Settings.RootDirectory, Settings.Config.PodLogsDir, LogsFolder);
        var own = api is null ? null : new OwnNode(api.Client, Settings.NodeName, Time, Loggers.CreateLogger<OwnNode>());
        var reporter = api is null
            ? null
            : new NodeReporter(api.Client, own!, Settings, new NodeStatusSetters(Settings, facts, host, health, engine.Images, pressure, shutdown, resources.Capacity, new CsiPaths(paths).InUse, Time), health, events, Time, Loggers.CreateLogger<NodeReporter>())
            {
                Startup = new NodeStartupMetrics(context.Metrics, NodeStartupMetrics.HostUptime(), Time),
            };

        var probes = new ProbeMetrics();
        var csi = new CsiDrivers(api?.Client, Settings.NodeName, reporter is null ? _ => Task.FromResult("") : reporter.UidAsync, Time, Loggers.CreateLogger<CsiDrivers>(), new CsiMetrics(context.Metrics));
        var podHost = new PodHost(paths, facts, MakeDefaults(host, facts));
        var pods = PodParts.Make(
            new PodPartsInputs(engine, api?.Client, objects, events, podHost, cgroups, await MakeUsersAsync(paths), own, Settings, [pressure.Check, sysctls.Check, shutdown.Check], context.Metrics, csi, probes, resources),
            Loggers,
            Time);
        pods.Manager.StopWith(context.Stopping);

        var statics = StartStaticPods(pods);
        Func<bool> sourcesReady = () => statics.IsComplete;
        if (api is not null)
        {
            var listed = StartApi(api, own!, reporter!, pods, statics);
            sourcesReady = () => statics.IsComplete && listed.IsCompletedSuccessfully;
        }

        resources.Start(context.Supervisor, pods.Manager, engine.Runtime, sourcesReady);
        var watcher = new RuntimeWatcher(engine.Runtime, pods.Manager, sourcesReady, Time, Loggers.CreateLogger<RuntimeWatcher>());
        var housekeeping = new Housekeeping(pods.Manager, pods.Volumes, cgroups, watcher.Has, sourcesReady, Time, Loggers.CreateLogger<Housekeeping>());
        if (objects is ReferencedObjects watched)
        {
            watched.Changed += pods.Manager.WakeNamespace;
            context.Supervisor.Run("unused watches", token => watched.DropUnusedAsync(() => [.. pods.Manager.Workers.Where(w => !w.IsDone).Select(w => w.Pod)], token));
        }

        if (cgroups is PodCgroups tree)
        {
            context.Supervisor.Run("qos cgroups", token => QosClasses.KeepAsync(tree, () => [.. pods.Manager.Workers.Where(w => !w.IsDone).Select(w => w.Pod)], Time, token));
        }

        var plugins = new PluginWatcher(Path.Combine(Settings.RootDirectory, "plugins_registry"), [csi, resources.Plugins, resources.Drivers], Time, Loggers.CreateLogger<PluginWatcher>());
        PluginMetrics.Register(context.Metrics, plugins);
        context.Supervisor.Run("plugin registration", plugins.RunAsync);
        context.Supervisor.Run("housekeeping", housekeeping.RunAsync);
        var stuck = new StuckPods(pods.Manager, events, Time, Loggers.CreateLogger<StuckPods>());
        stuck.Register(context.Metrics);
        context.Supervisor.Run("stuck pods", stuck.RunAsync);
        if (reporter is not null)
        {
            pressure.Changed += reporter.Wake;
            shutdown.Changed += reporter.Wake;
            resources.Changed += reporter.Wake;
        }

        var disk = new DiskUsage(pods.Manager, pods.Volumes, paths, engine.Runtime, engine.Images, Settings.Config.VolumeStatsAggPeriod, Time, Loggers.CreateLogger<DiskUsage>());
        var usage = new UsageCollector(pods.Manager, cgroups, CgroupRoot, CgroupSettings.HostIsUnified() ? new CgroupV2Reader(Time) : new CgroupV1Reader(Time), disk, Time);
        Func<ObjectReference> node = () => reporter?.Reference ?? new ObjectReference { Kind = "Node", Name = Settings.NodeName };
        var care = new NodeCare(Settings, Loggers, Time);
        care.CheckResolvConf(podHost, node, events);
        care.Start(context.Supervisor, context.Metrics, engine, pods, paths, usage, disk, pressure, shutdown, node, events);
        context.Supervisor.Run("runtime health", health.RunAsync);
        context.Supervisor.RunOnce("runtime events", watcher.FollowEventsAsync);
        context.Supervisor.Run("runtime relist", watcher.RelistLoopAsync);
        if (Settings.Config.MakeIptablesUtilChains)
        {
            context.Supervisor.Run("iptables chains", new IptablesChains(Time, Loggers.CreateLogger<IptablesChains>()).RunAsync);
        }

        KubeletMetrics.Register(context.Metrics, Settings.NodeName, pods.Manager, watcher, housekeeping, Time);
        context.Metrics.CreateGauge("kubelet_cgroup_version", "cgroup version on the hosts.").Set(CgroupSettings.HostIsUnified() ? 2 : 1);
        if (Settings.Config.VolumeStatsAggPeriod > TimeSpan.Zero)
        {
            context.Supervisor.Run("disk usage", disk.RunAsync);
        }

        if (api is not null)
        {
            identity.Start(api.Client, context.Supervisor, facts, (name, waited, signer) => events.Record(
                reporter!.Reference, EventType.Warning, "CertificateRequestPending", $"Certificate request {name} ({signer}) has waited for approval for {waited.TotalSeconds:0} s: kubectl certificate approve {name}"));
        }

        identity.Register(context.Metrics);
        DiskMetrics.Register(context.Metrics, pods.Manager, disk);
        await StartServersAsync(engine, api, pods, facts, usage, identity, probes, watcher);
        context.OnStop("pods", token => pods.Manager.DrainAsync().WaitAsync(token));
        context.Ready();
        return await context.RunUntilStoppedAsync();
    }

    private IEventRecorder MakeEvents(ApiConnection? api)
    {
        if (api is null)
        {
            return new LoggedEvents(Loggers.CreateLogger<LoggedEvents>());
        }

        var recorder = EventRecorder.ForCore(api.Events, "kubelet", Settings.NodeName, Time, Random.Shared, Loggers.CreateLogger<EventRecorder>());
        context.Supervisor.Run("events", recorder.RunAsync);
        return recorder;
    }

    private NodeFacts MakeFacts(HostInfo host, ApiConnection? api)
    {
        var resources = NodeResources.Of(host, new DriveInfo(Settings.RootDirectory).TotalSize, Settings.Config);
        return new NodeFacts(
            Settings.NodeName,
            HostAddresses.Find(Settings.NodeIP, api?.Client.Server),
            resources.Capacity,
            resources.Allocatable,
            Settings.Config.ClusterDomain,
            [.. Settings.Config.ClusterDns],
            Settings.Config.ResolvConf);
    }

    private ContainerDefaults MakeDefaults(HostInfo host, NodeFacts facts) =>
        new(new SecurityDefaults(Path.Combine(Settings.RootDirectory, "seccomp"), Settings.Config.SeccompDefault), host.MemoryBytes, Settings.CpuPeriod)
        {
            Memory = new MemoryTuning(CgroupSettings.HostIsUnified(), host.MemoryBytes)
            {
                HasSwapLimits = CgroupSettings.HostLimitsSwap(),
                LimitedSwap = Settings.Config.MemorySwap.SwapBehavior == "LimitedSwap",
                NodeSwap = HostInfo.SwapBytes(),
                ThrottlingFactor = FeatureGates.IsOn(Settings.Config.FeatureGates, FeatureGates.MemoryQos) ? Settings.Config.MemoryThrottlingFactor : null,
                AllocatableMemory = facts.Allocatable.TryGetValue("memory", out var memory) ? memory.Value : 0,
            },
        };

    private async Task<UserNamespaces> MakeUsersAsync(PodPaths paths)
    {
        var perPod = (uint)Settings.Config.UserNamespaces.IdsPerPod;
        var ids = await SubordinateIds.FindAsync(perPod, Settings.Config.MaxPods, context.Stopping);
        return new UserNamespaces(paths, ids, perPod, Random.Shared.Next);
    }

    private IPodCgroups MakeCgroups(HostInfo host, ResourceParts resources)
    {
        if (!Settings.Config.CgroupsPerQos)
        {
            return new NoPodCgroups();
        }

        var settings = new CgroupSettings(CgroupRoot, Settings.Config.CgroupDriver == "systemd", CgroupSettings.HostIsUnified(), Settings.CpuPeriod, Settings.Config.PodPidsLimit)
        {
            HugePageSizes = [.. host.HugePages.Keys.Select(CgroupValues.HugePageSize)],
            HasExclusiveCpus = resources.HasExclusiveCpus,
        };
        var cgroups = new PodCgroups(settings);
        NodeAllocatable.Enforce(cgroups, Settings.Config, host, settings.IsUnified);
        return cgroups;
    }

    private IReferencedObjects MakeObjects(ApiConnection? api)
    {
        if (api is null)
        {
            return new NoReferencedObjects();
        }

        // Of a service only what becomes environment variables is kept.
        var services = new Informer<Service>(
            api.Client,
            KubeApi.Resources.Services,
            new InformerOptions<Service>(Transform: s =>
            {
                s.Status = null;
                s.Metadata.Annotations.Clear();
                s.Metadata.Labels.Clear();
            }),
            Loggers,
            Time);
        context.Supervisor.Run("services", services.RunAsync);
        return new ReferencedObjects(api.Client, services, Loggers, Time);
    }

    private StaticPodSet StartStaticPods(PodParts pods)
    {
        List<string> sources = [];
        if (Settings.Config.StaticPodPath.Length > 0)
        {
            sources.Add("file");
        }

        if (Settings.Config.StaticPodUrl.Length > 0)
        {
            sources.Add("http");
        }

        var statics = new StaticPodSet(pods.Manager, sources);
        if (Settings.Config.StaticPodPath.Length > 0)
        {
            var directory = new ManifestDirectory(Settings.Config.StaticPodPath, Settings.NodeName, statics, Time, Loggers.CreateLogger<ManifestDirectory>());
            context.Supervisor.Run("manifest directory", directory.RunAsync);
        }

        if (Settings.Config.StaticPodUrl.Length > 0)
        {
            var headers = Settings.Config.StaticPodUrlHeader.SelectMany(h => h.Value.Select(v => KeyValuePair.Create(h.Key, v))).ToList();
            var url = new ManifestUrl(new Uri(Settings.Config.StaticPodUrl), headers, Settings.NodeName, statics, Settings.Config.HttpCheckFrequency, Time, Loggers.CreateLogger<ManifestUrl>());
            context.Supervisor.Run("manifest url", url.RunAsync);
        }

        return statics;
    }

    /// <returns>Completes when the API server's pods have been listed once.</returns>
    private Task StartApi(ApiConnection api, OwnNode own, NodeReporter reporter, PodParts pods, StaticPodSet statics)
    {
        var informer = new Informer<Pod>(
            api.Client,
            KubeApi.Resources.Pods,
            new InformerOptions<Pod>(FieldSelector: $"spec.nodeName={Settings.NodeName}"),
            Loggers,
            Time);
        var mirrors = new MirrorPods(api.Client, Settings.NodeName, pods.Statuses, Loggers.CreateLogger<MirrorPods>());
        pods.Manager.Restarted += mirrors.Look;
        informer.AddHandler(new ApiPods(pods.Manager, mirrors, pods.Statuses));
        context.Supervisor.Run("pods", informer.RunAsync);
        var node = new Informer<V1Node>(api.Client, KubeApi.Resources.Nodes, new InformerOptions<V1Node>(FieldSelector: $"metadata.name={Settings.NodeName}"), Loggers, Time);
        node.AddHandler(own);
        context.Supervisor.Run("node watch", node.RunAsync);
        context.Supervisor.Run("node", reporter.RunAsync);
        context.Supervisor.Run("mirror pods", token => mirrors.RunAsync(statics, informer.Synced, reporter.UidAsync, token));
        var lease = LeaseRenewerOptions.ForNode(Settings.NodeName) with { Duration = TimeSpan.FromSeconds(Settings.Config.NodeLeaseDurationSeconds) };
        var heartbeat = new LeaseRenewer(api.Heartbeat, lease, OwnerAsync, Time, Random.Shared, Loggers.CreateLogger<LeaseRenewer>());
        context.Supervisor.RunOnce("lease", heartbeat.RunAsync);
        return informer.Synced;

        async Task<OwnerReference?> OwnerAsync(CancellationToken token) =>
            new() { ApiVersion = "v1", Kind = "Node", Name = Settings.NodeName, Uid = await reporter.UidAsync(token) };
    }

    private async Task StartServersAsync(EngineConnection engine, ApiConnection? api, PodParts pods, NodeFacts facts, IUsageSource usage, NodeIdentity identity, ProbeMetrics probes, RuntimeWatcher watcher)
    {
        var results = new HealthMetrics();
        ImmutableArray<HealthCheck> all =
        [
            HealthCheck.Ping,
            new HealthCheck("loops", context.Supervisor.Unhealthy),
            new HealthCheck("pleg", () => Time.GetElapsedTime(watcher.LastRelist) > RelistTooOld ? "the container runtime has not been listed for three minutes" : null),
        ];
        ImmutableArray<HealthCheck> checks = [.. all.Select(c => results.Counted(c, "healthz"))];
        if (Settings.Config.HealthzPort > 0)
        {
            var endpoint = new IPEndPoint(IPAddress.Parse(Settings.Config.HealthzBindAddress), Settings.Config.HealthzPort);
            var health = new DaemonServer(new ServerOptions("healthz", endpoint), Loggers).MapHealth("/healthz", checks);
            await health.StartAsync(context.Stopping);
            context.OnStop("healthz server", health.StopAsync);
        }

        if (Settings.Config.EnableServer)
        {
            var server = NodeServer.Make(Settings, engine, api?.Client, pods, facts, usage, identity, context.Metrics, checks, Loggers, Time);
            server.MapMetrics(probes.Registry, "/metrics/probes").MapHealthMetrics(results);
            if (Settings.Config.EnableDebuggingHandlers)
            {
                server.MapConfigz("kubeletconfig", () => ConfigObjectJson.Write(Settings.Config)).MapFlagz(context.Flags);
                if (Settings.Config.EnableDebugFlagsHandler)
                {
                    server.MapVerbosity(context.Logging.Verbosity);
                }

                // Last, because it lists the paths of all.
                server.MapStatusz("kubelet", Time);
            }

            await server.StartAsync(context.Stopping);
            context.OnStop("server", server.StopAsync);
        }
    }
}
