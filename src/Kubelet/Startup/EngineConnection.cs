using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.Cri;
using NodeAgent.ContainerRuntime.Docker;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Metrics;

namespace NodeAgent.Kubelet.Startup;

/// <summary>The container engine that the settings name. Nothing is asked of it before its first use.</summary>
/// <param name="Name">As it stands before container ids in the API.</param>
internal sealed record EngineConnection(IRuntimeService Runtime, IImageService Images, string Name)
{
    /// <summary>The same engine, with every call counted.</summary>
    public EngineConnection Counted(RuntimeMetrics metrics) => this with { Runtime = new CountedRuntime(Runtime, metrics), Images = new CountedImages(Images, metrics) };

    public static EngineConnection Open(KubeletSettings settings, ILoggerFactory loggers, TimeProvider time)
    {
        if (settings.Docker is { } docker)
        {
            var runtime = new DockerRuntime(
                new DockerOptions
                {
                    SocketPath = settings.RuntimeSocket,
                    SandboxImage = docker.SandboxImage,
                    CniConfigDirectory = docker.CniConfigFolder,
                    CniPluginDirectories = docker.CniPluginFolders,
                    StateDirectory = docker.CniCacheFolder,
                    RequestTimeout = settings.Config.RuntimeRequestTimeout,
                },
                time,
                loggers);
            return new EngineConnection(runtime.Runtime, runtime.Images, "docker");
        }

        var cri = new CriClient(new CriOptions { RuntimeEndpoint = settings.Config.ContainerRuntimeEndpoint, RequestTimeout = settings.Config.RuntimeRequestTimeout }, time);
        return new EngineConnection(cri.Runtime, cri.Images, "containerd");
    }
}
