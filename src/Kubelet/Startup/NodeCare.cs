using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Eviction;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Images;
using NodeAgent.Kubelet.Logs;
using NodeAgent.Kubelet.Node;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Shutdown;
using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Startup;

/// <summary>Puts together what keeps the node in order: log rotation, image collection, eviction, news of killed processes, and the end of the host.</summary>
internal sealed class NodeCare(KubeletSettings settings, ILoggerFactory loggers, TimeProvider time)
{
    private string? _imageFolder;

    private KubeletConfiguration Config => settings.Config;

    /// <summary>Tells once, as an event of the node, when pods cannot be given all of the host's own resolv.conf.</summary>
    public void CheckResolvConf(PodHost host, Func<ObjectReference> node, IEventRecorder events)
    {
        if (Config.ResolvConf.Length > 0 && DnsConfigs.CheckHost(Config.ResolvConf, host.ReadResolvConf(), Config.ClusterDomain) is { } problem)
        {
            events.Record(node(), EventType.Warning, "CheckLimitsForResolvConf", problem);
        }
    }

    public void Start(Supervisor supervisor, MetricsRegistry metrics, EngineConnection engine, PodParts pods, PodPaths paths, IUsageSource usage, DiskUsage disk, NodePressure pressure, ShutdownState shutdown, Func<ObjectReference> node, IEventRecorder events)
    {
        var rotator = new LogRotator(engine.Runtime, Config.ContainerLogMaxFiles, time);
        var maxSize = ResourceAmounts.Units(new KubeApi.Meta.Quantity { String = Config.ContainerLogMaxSize.Text });
        supervisor.Run("log rotation", new LogRotation(engine.Runtime, rotator, maxSize, Config.ContainerLogMonitorInterval, time, loggers.CreateLogger<LogRotation>()).RunAsync);

        var policy = new ImageGcPolicy(Config.ImageGcHighThresholdPercent, Config.ImageGcLowThresholdPercent, Config.ImageMinimumGcAge, Config.ImageMaximumGcAge);
        var images = new ImageGc(engine.Images, engine.Runtime, policy, settings.Docker?.SandboxImage ?? "", pods.ImageUse, pods.PullRecords, node, events, pods.ImageMetrics, time, loggers.CreateLogger<ImageGc>());
        supervisor.Run("image collection", images.RunAsync);

        var dead = new DeadContainers(pods.Manager, engine.Runtime, paths, loggers.CreateLogger<DeadContainers>());
        var options = new EvictionOptions(EvictionThresholds.Parse(Config, []), Config.EvictionPressureTransitionPeriod, TimeSpan.FromSeconds(Config.EvictionMaxPodGracePeriod));
        var eviction = new EvictionManager(
            options,
            new NodeObserver(settings.RootDirectory, token => ImageFolderAsync(engine.Images, token)),
            usage,
            disk,
            pressure,
            pods.Manager,
            async token =>
            {
                await dead.RemoveAllAsync(token);
                await images.DeleteUnusedAsync(token);
            },
            node,
            events,
            pods.Metrics,
            time,
            loggers.CreateLogger<EvictionManager>());
        supervisor.Run("eviction", eviction.RunAsync);
        supervisor.Run("oom news", new OomWatcher(pods.Manager, node, events, time, loggers.CreateLogger<OomWatcher>()).RunAsync);
        supervisor.Run("node shutdown", new NodeShutdown(
            ShutdownPlan.Of(Config), new LogindProcesses(), pods.Manager, pods.Statuses.FlushAsync, shutdown, new ShutdownRecord(settings.RootDirectory, metrics), node, events, time, loggers.CreateLogger<NodeShutdown>()).RunAsync);
    }

    /// <summary>Null while the engine does not answer: then its disk is not looked at.</summary>
    private async Task<string?> ImageFolderAsync(IImageService images, CancellationToken cancellationToken)
    {
        if (_imageFolder is not null)
        {
            return _imageFolder;
        }

        try
        {
            var folder = (await images.ImageFsInfoAsync(cancellationToken)).ImageFilesystems.FirstOrDefault()?.FsId?.Mountpoint;
            return _imageFolder = string.IsNullOrEmpty(folder) || !Directory.Exists(folder) ? null : folder;
        }
        catch (RuntimeException)
        {
            return null;
        }
    }
}
