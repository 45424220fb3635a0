using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.Containers;

namespace NodeAgent.DevCluster.Up;

/// <summary>The container engines of <c>./dev up</c>.</summary>
internal static class EngineHosts
{
    /// <summary>Starts the engine, or finds the one of an earlier up. It outlives this process: it is not disposed here.</summary>
    public static async Task<IEngineHost> StartAsync(Engine engine) => engine == Engine.Docker
        ? await DockerHost.StartAsync(DevFolder.Docker)
        : await ContainerdHost.StartAsync(DevFolder.Containerd);

    /// <summary>Removes the pods and whatever else either engine has, running or not.</summary>
    public static async Task RemoveAsync()
    {
        await ContainerdHost.RemoveAsync(DevFolder.Containerd);
        await DockerHost.RemoveAsync(DevFolder.Docker);
    }

    /// <summary>The address of some pod that is up; null when there is none.</summary>
    public static async Task<string?> FirstPodAddressAsync(IRuntimeService runtime)
    {
        foreach (var sandbox in await runtime.ListPodSandboxAsync(null, CancellationToken.None))
        {
            if (sandbox.State == PodSandboxState.SandboxReady)
            {
                var status = await runtime.PodSandboxStatusAsync(sandbox.Id, CancellationToken.None);
                if (status.Network?.Ip is { Length: > 0 } address)
                {
                    return address;
                }
            }
        }

        return null;
    }
}
