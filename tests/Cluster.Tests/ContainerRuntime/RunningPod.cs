using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>A sandbox of one test, which is removed with all that is in it.</summary>
internal sealed class RunningPod : IAsyncDisposable
{
    private readonly IRuntimeService _runtime;

    private RunningPod(IRuntimeService runtime, PodSandboxConfig config, string id)
    {
        _runtime = runtime;
        Config = config;
        Id = id;
    }

    public PodSandboxConfig Config { get; }

    public string Id { get; }

    public static async Task<RunningPod> StartAsync(IEngineFixture engine, PodSandboxConfig config) =>
        new(engine.Runtime, config, await engine.Runtime.RunPodSandboxAsync(config, "", CancellationToken.None));

    public static Task<RunningPod> StartAsync(IEngineFixture engine, string name) => StartAsync(engine, Pods.Sandbox(engine, name));

    /// <returns>The id of a container that has been started.</returns>
    public async Task<string> RunAsync(ContainerConfig container)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(LogPath(container))!);
        var id = await _runtime.CreateContainerAsync(Id, container, Config, CancellationToken.None);
        await _runtime.StartContainerAsync(id, CancellationToken.None);
        return id;
    }

    public string LogPath(ContainerConfig container) => Path.Combine(Config.LogDirectory, container.LogPath);

    public async Task<ContainerStatus> StatusAsync(string containerId) =>
        (await _runtime.ContainerStatusAsync(containerId, false, CancellationToken.None)).Status;

    public async Task<ContainerStatus> ExitedAsync(string containerId)
    {
        await Wait.UntilAsync($"container {containerId} to exit", TimeSpan.FromSeconds(20), async () =>
            (await StatusAsync(containerId)).State == ContainerState.ContainerExited);
        return await StatusAsync(containerId);
    }

    public async ValueTask DisposeAsync()
    {
        await _runtime.StopPodSandboxAsync(Id, CancellationToken.None);
        await _runtime.RemovePodSandboxAsync(Id, CancellationToken.None);
    }
}
