using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.Network;

namespace NodeAgent.Cluster.Tests.EndToEnd;

/// <summary>A node that runs its pods on containerd.</summary>
public sealed class ContainerdCluster : NodeCluster
{
    protected override async Task<IEngineHost> StartEngineAsync(NetworkNamespace network) =>
        await ContainerdHost.StartAsync(new ContainerdOptions(Path.Combine(Folder, "c"), "na-pods0", "10.244.0.0/24", network.Name));
}

[Trait("Category", "Cluster")]
public sealed class ContainerdEndToEndTests(ContainerdCluster cluster) : EndToEndTests(cluster), IClassFixture<ContainerdCluster>;
