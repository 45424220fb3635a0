using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Hooks;
using NodeAgent.Kubelet.Images;
using NodeAgent.Kubelet.Images.Credentials;
using NodeAgent.Kubelet.Images.Verification;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Node;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Probes;
using NodeAgent.Kubelet.Resources;
using NodeAgent.Kubelet.Volumes;
using NodeAgent.Kubelet.Volumes.Csi;

namespace NodeAgent.Kubelet.Startup;

/// <summary>The parts that run pods, put together.</summary>
internal sealed record PodParts(PodManager Manager, StatusWriter Statuses, VolumeManager Volumes, ImageUse ImageUse, PullRecords PullRecords, PodMetrics Metrics, ImageMetrics ImageMetrics)
{
    public static PodParts Make(PodPartsInputs inputs, ILoggerFactory loggers, TimeProvider time)
    {
        var (engine, host, events) = (inputs.Engine, inputs.Host, inputs.Events);
        var http = new HttpAction();
        var hooks = new HookRunner(engine.Runtime, http, events, new HookMetrics(inputs.Metrics), time);
        var tokens = new ServiceAccountTokens(inputs.Objects, time);
        var features = new RuntimeFeatures(engine.Runtime);
        var config = inputs.Settings.Config;
        var rate = new RateLimiter(config.RegistryPullQps > 0 ? config.RegistryPullQps : -1, config.RegistryBurst, time);
        var (metrics, imageMetrics, volumeMetrics) = (new PodMetrics(inputs.Metrics, time), new ImageMetrics(inputs.Metrics), new VolumeMetrics(inputs.Metrics, time));
        var records = MakeRecords(inputs, loggers, time);
        var images = new ImagePuller(engine.Images, MakeLogins(inputs, loggers, time), records, events, imageMetrics, metrics.Starts, time, inputs.Settings.ParallelPulls, rate);
        IReadOnlyList<IVolumePlugin> plugins =
        [
            new EmptyDirPlugin(host.Facts.Allocatable.TryGetValue(ResourceAmounts.Memory, out var memory) ? memory.Value : 0),
            new HostPathPlugin(),
            new LocalPlugin(),
            new NfsPlugin(),
            new CsiPlugin(inputs.Csi, new CsiPaths(host.Paths), inputs.Objects, inputs.Client, tokens, events, host.Facts.Name),
            new ImagePlugin(images, features),
            .. PayloadPlugin.All(new PayloadSources(inputs.Objects, tokens), time),
        ];
        var killer = new ContainerKiller(engine.Runtime, hooks, events, time);
        var starter = new ContainerStarter(
            engine.Runtime,
            images,
            new EnvironmentBuilder(inputs.Objects),
            new ContainerMounts(host.Paths, new SubPaths(host.Paths), features),
            hooks,
            killer,
            events,
            host.Defaults,
            inputs.Resources.Allocator);
        var volumes = new VolumeManager(host.Paths, [.. plugins.Select(p => new CountedVolumePlugin(p, volumeMetrics))], tokens, new VolumeResolver(inputs.Objects), () => inputs.Node?.Newest, time);
        var runtime = new PodRuntime(
            engine.Runtime,
            new RuntimeObserver(engine.Runtime, engine.Name),
            starter,
            killer,
            volumes,
            new CountedPodCgroups(inputs.Cgroups, inputs.Metrics, time),
            host,
            events,
            new SandboxExtras(inputs.Objects, features, inputs.Users),
            inputs.Resources.Claims);
        var statuses = new StatusWriter(inputs.Client, time, loggers.CreateLogger<StatusWriter>()) { Written = metrics.StatusWritten };
        var context = new PodWorkerContext(
            runtime,
            new PodPlanner(BackOffLimits.CrashUpTo(config.CrashLoopBackOff.MaxContainerRestartPeriod)),
            statuses,
            new Prober(engine.Runtime, http, new GrpcHealth(), time),
            new ProbePacing(time, Random.Shared.NextDouble) { Observer = inputs.Probes },
            events,
            host.Facts,
            inputs.Client,
            metrics,
            inputs.Resources.Health,
            time,
            loggers.CreateLogger<PodWorker>());
        var hasAppArmor = AppArmor.HostHas();
        var admission = new NodeAdmission(host.Facts, () => inputs.Node?.Newest, inputs.Gates) { Refresh = () => inputs.Node?.Refresh(), More = [pod => AppArmor.Check(pod, hasAppArmor)], NoResize = inputs.Resources.NoResize };
        var manager = new PodManager(context, admission, inputs.Resources.Allocator, loggers.CreateLogger<PodManager>());
        return new PodParts(manager, statuses, volumes, images.Use, records, metrics, imageMetrics);
    }

    private static PullRecords MakeRecords(PodPartsInputs inputs, ILoggerFactory loggers, TimeProvider time)
    {
        var (config, metrics) = (inputs.Settings.Config, new PullRecordMetrics(inputs.Metrics));
        var files = new PullRecordFiles(inputs.Settings.RootDirectory);
        metrics.Show(files);
        var policy = new VerificationPolicy(config.ImagePullCredentialsVerificationPolicy, config.PreloadedImagesVerificationAllowlist);
        return new PullRecords(files, policy, metrics, time, loggers.CreateLogger<PullRecords>());
    }

    private static ImageLogins MakeLogins(PodPartsInputs inputs, ILoggerFactory loggers, TimeProvider time)
    {
        List<PluginLogins> plugins = [];
        if (inputs.Settings.CredentialProviders is { Count: > 0 } providers)
        {
            var metrics = new CredentialProviderMetrics(inputs.Metrics);
            metrics.SetConfig(inputs.Settings.CredentialProvidersHash);
            plugins.AddRange(providers.Select(p => new PluginLogins(p.Provider, new CredentialPlugin(p.Program, p.Provider, metrics, time).AskAsync, inputs.Objects, time)));
        }

        return new ImageLogins(inputs.Objects, NodeDockerConfig.Of(inputs.Settings.RootDirectory, time), plugins, inputs.Events, loggers.CreateLogger<ImageLogins>());
    }
}
