using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.Network;

namespace NodeAgent.Cluster.Tests.NodePressure;

/// <summary>A node that runs its pods on containerd.</summary>
public sealed class ContainerdSmallDiskCluster : SmallDiskCluster
{
    protected override async Task<IEngineHost> StartEngineAsync(NetworkNamespace network, string folder) =>
        await ContainerdHost.StartAsync(new ContainerdOptions(folder, "na-pods0", "10.244.0.0/24", network.Name));
}

[Trait("Category", "Cluster")]
public sealed class ContainerdSmallDiskTests(ContainerdSmallDiskCluster cluster) : SmallDiskTests(cluster), IClassFixture<ContainerdSmallDiskCluster>;
