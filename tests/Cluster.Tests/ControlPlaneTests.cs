using NodeAgent.DevCluster.ControlPlane;

namespace NodeAgent.Cluster.Tests;

[Trait("Category", "Cluster")]
public sealed class ControlPlaneTests
{
    [Fact]
    public async Task StartAsync_OnThisHost_ServesTheApi()
    {
        var folder = Directory.CreateTempSubdirectory("nodeagent-plane-").FullName;
        try
        {
            await using var plane = await LocalControlPlane.StartAsync(new ControlPlaneOptions(folder));

            var namespaces = await plane.KubectlAsync(["get", "namespaces", "-o", "name"]);

            Assert.Contains("namespace/kube-system", namespaces.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
