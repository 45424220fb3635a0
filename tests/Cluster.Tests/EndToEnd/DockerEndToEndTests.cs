using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.Network;

namespace NodeAgent.Cluster.Tests.EndToEnd;

/// <summary>A node that runs its pods on Docker Engine.</summary>
public sealed class DockerCluster : NodeCluster
{
    protected override async Task<IEngineHost> StartEngineAsync(NetworkNamespace network) =>
        await DockerHost.StartAsync(new DockerHostOptions(Path.Combine(Folder, "d"), "na-pods0", "10.244.0.0/24", network.Name));
}

[Trait("Category", "Cluster")]
public sealed class DockerEndToEndTests(DockerCluster cluster) : EndToEndTests(cluster), IClassFixture<DockerCluster>;
