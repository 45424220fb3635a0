using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime.Docker.Containers;
using NodeAgent.ContainerRuntime.Docker.Engine;
using NodeAgent.ContainerRuntime.Docker.Network;
using NodeAgent.ContainerRuntime.Docker.Sandboxes;
using NodeAgent.ContainerRuntime.Docker.Stats;
using NodeAgent.ContainerRuntime.Docker.Streams;
using NodeAgent.ContainerRuntime.Host;

namespace NodeAgent.ContainerRuntime.Docker;

/// <summary>A Docker Engine (20.10.24 and later) as a container runtime for pods.</summary>
/// <remarks>
/// Nothing is started and nothing is asked of the engine before the first call; an engine that goes away and comes back is
/// picked up by the next one. State that has to outlive this process is in the engine's labels, and for CNI in
/// <see cref="DockerOptions.StateDirectory"/>.
/// </remarks>
public sealed partial class DockerRuntime : IDisposable
{
    private static readonly TimeSpan CniTimeout = TimeSpan.FromMinutes(2);

    private readonly DockerClient _docker;
    private readonly PodNetworks _networks;

    public DockerRuntime(DockerOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        var floor = HostCapabilities.OomScoreFloor();
        if (floor > -1000)
        {
            LogOomScoreFloor(loggers.CreateLogger<DockerRuntime>(), floor);
        }

        _docker = new DockerClient(options.SocketPath, options.RequestTimeout, time);
        var cni = new CniNetwork(
            options.CniConfigDirectory,
            new CniPlugins(options.CniPluginDirectories, CniTimeout, time),
            new CniAttachmentStore(Path.Combine(options.StateDirectory, "cni")),
            loggers.CreateLogger<CniNetwork>());
        _networks = new PodNetworks(options, cni, _docker);
        var facts = new EngineFactsSource(_docker, floor, time);
        var creator = new ContainerCreator(_docker);
        var images = new DockerImageService(_docker, options, time);
        var sandboxes = new SandboxManager(_docker, options, facts, _networks, creator, images, time, loggers.CreateLogger<SandboxManager>());
        var outOfMemory = new OutOfMemoryRecord();
        var containers = new ContainerManager(_docker, facts, creator, outOfMemory, time);
        var streams = new StreamManager(_docker, containers, sandboxes, time);
        var stats = new StatsManager(_docker, containers, sandboxes, facts, new WritableLayers(time));
        Runtime = new DockerRuntimeService(_docker, facts, sandboxes, containers, streams, stats, _networks, outOfMemory, time);
        Images = images;
    }

    public IRuntimeService Runtime { get; }

    public IImageService Images { get; }

    public void Dispose()
    {
        _docker.Dispose();
        _networks.Dispose();
    }

    [LoggerMessage(2300, LogLevel.Warning, "This host does not grant CAP_SYS_RESOURCE: containers get an OOM score adjustment of at least {Floor}, whatever their pod asks for")]
    private static partial void LogOomScoreFloor(ILogger logger, int floor);
}
