using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.Network;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>A node that runs its pods on containerd.</summary>
public sealed class ContainerdPodLifeCluster : PodLifeCluster
{
    protected override async Task<IEngineHost> StartEngineAsync(NetworkNamespace network) =>
        await ContainerdHost.StartAsync(new ContainerdOptions(Path.Combine(Folder, "c"), "na-pods0", "10.244.0.0/24", network.Name));
}

[Trait("Category", "Cluster")]
public sealed class ContainerdPodLifeTests(ContainerdPodLifeCluster cluster) : PodLifeTests(cluster), IClassFixture<ContainerdPodLifeCluster>;
