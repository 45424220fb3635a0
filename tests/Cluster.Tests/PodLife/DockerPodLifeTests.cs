using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.Network;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>A node that runs its pods on Docker Engine.</summary>
public sealed class DockerPodLifeCluster : PodLifeCluster
{
    protected override async Task<IEngineHost> StartEngineAsync(NetworkNamespace network) =>
        await DockerHost.StartAsync(new DockerHostOptions(Path.Combine(Folder, "d"), "na-pods0", "10.244.0.0/24", network.Name));
}

[Trait("Category", "Cluster")]
public sealed class DockerPodLifeTests(DockerPodLifeCluster cluster) : PodLifeTests(cluster), IClassFixture<DockerPodLifeCluster>;
