using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Credentials;

namespace NodeAgent.Cluster.Tests.KubeApi;

/// <summary>A real etcd and kube-apiserver, nothing else.</summary>
public sealed class ApiServerFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-api-").FullName;

    public LocalControlPlane Plane { get; private set; } = null!;

    public KubeClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Plane = await LocalControlPlane.StartAsync(new ControlPlaneOptions(_folder, ControllerManager: false));
        Client = ClientFor(Plane.AdminKubeconfig);
    }

    public static KubeClient ClientFor(string kubeconfig) =>
        new(ClientConfig.Load(kubeconfig), new KubeClientOptions("nodeagent-tests", Qps: -1), NullLoggerFactory.Instance, TimeProvider.System);

    public async Task DisposeAsync()
    {
        Client?.Dispose();
        if (Plane is not null)
        {
            await Plane.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
