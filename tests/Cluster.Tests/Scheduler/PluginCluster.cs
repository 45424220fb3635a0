using NodeAgent.DevCluster.ControlPlane;

namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>A cluster whose controllers run, and whose API server has the API of pod groups where it knows it.</summary>
public sealed class PluginCluster : SchedulerCluster
{
    private KubeBinaries _binaries = null!;

    protected override bool HasControllers => true;

    protected override IReadOnlyList<string> ApiServerFlags =>
        _binaries.AtLeast(36) ? ["--feature-gates=GenericWorkload=true,GangScheduling=true", "--runtime-config=scheduling.k8s.io/v1alpha2=true"] : [];

    /// <summary>The sample plugin lists namespaces, which v1.20 does not let a scheduler do.</summary>
    protected override string Kubeconfig => Plane.AdminKubeconfig;

    public override async Task InitializeAsync()
    {
        _binaries = await KubeBinaries.FindAsync();
        await base.InitializeAsync();
    }
}
