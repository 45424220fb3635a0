using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.Network;

namespace NodeAgent.Cluster.Tests.NodePressure;

/// <summary>A node that runs its pods on Docker Engine.</summary>
public sealed class DockerSmallDiskCluster : SmallDiskCluster
{
    protected override async Task<IEngineHost> StartEngineAsync(NetworkNamespace network, string folder) =>
        await DockerHost.StartAsync(new DockerHostOptions(folder, "na-pods0", "10.244.0.0/24", network.Name));
}

[Trait("Category", "Cluster")]
public sealed class DockerSmallDiskTests(DockerSmallDiskCluster cluster) : SmallDiskTests(cluster), IClassFixture<DockerSmallDiskCluster>;
