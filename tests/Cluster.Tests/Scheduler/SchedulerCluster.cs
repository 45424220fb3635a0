using NodeAgent.Cluster.Tests.KubeApi;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Objects;

namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>An etcd and an API server for schedulers: nodes without kubelets take pods, pods need no service account.</summary>
public class SchedulerCluster : IAsyncLifetime
{
    public const string Namespace = "default";

    private readonly List<ManagedProcess> _schedulers = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("nodeagent-sched-").FullName;

    /// <summary>Beyond what every scheduler's cluster has.</summary>
    protected virtual IReadOnlyList<string> ApiServerFlags => [];

    protected virtual bool HasControllers => false;

    public LocalControlPlane Plane { get; private set; } = null!;

    public KubeClient Client { get; private set; } = null!;

    public virtual async Task InitializeAsync()
    {
        var options = new ControlPlaneOptions(Folder, ControllerManager: HasControllers)
        {
            ApiServerFlags = ["--disable-admission-plugins=TaintNodesByCondition,ServiceAccount", .. ApiServerFlags],

            // It would taint these nodes, for which no kubelet reports.
            ControllerManagerFlags = ["--controllers=-nodelifecycle"],
        };
        Plane = await LocalControlPlane.StartAsync(options);
        Client = ApiServerFixture.ClientFor(Plane.AdminKubeconfig);
    }

    public async Task DisposeAsync()
    {
        await StopSchedulersAsync();
        Client?.Dispose();
        if (Plane is not null)
        {
            await Plane.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Starts a scheduler, this project's unless another program is named.</summary>
    /// <param name="name">Of its process; unique.</param>
    public async Task<ManagedProcess> StartAsync(string name, string config, string? binary = null, params string[] flags)
    {
        var kubeconfig = Kubeconfig;
        var file = await WriteConfigAsync(name, config);
        var process = await ManagedProcess.StartAsync(name, Folder,
            [binary ?? DaemonBinaries.Own().Scheduler, $"--config={file}", $"--authentication-kubeconfig={kubeconfig}", $"--authorization-kubeconfig={kubeconfig}", "--bind-address=127.0.0.1", .. flags]);
        _schedulers.Add(process);
        return process;
    }

    /// <summary>Whom schedulers are known as; upstream's user of that name unless a cluster needs more rights than old servers give it.</summary>
    protected virtual string Kubeconfig => Plane.KubeconfigFor("scheduler", "system:kube-scheduler");

    /// <summary>Writes the configuration file of the scheduler of this name, also of one that runs.</summary>
    public async Task<string> WriteConfigAsync(string name, string config)
    {
        var file = Path.Combine(Folder, name + ".yaml");
        await File.WriteAllTextAsync(file, $"""
            apiVersion: kubescheduler.config.k8s.io/v1
            kind: KubeSchedulerConfiguration
            clientConnection: {"{"}kubeconfig: {Kubeconfig}, qps: 1000, burst: 1000{"}"}
            {config}
            """);
        return file;
    }

    /// <summary>Waits until the pod has a node.</summary>
    public async Task<string> NodeOfAsync(string pod, ManagedProcess scheduler)
    {
        var node = "";
        await Wait.UntilAsync($"pod {pod} to have a node", TimeSpan.FromSeconds(60), async () => (node = (await GetAsync(pod)).Spec.NodeName).Length > 0, () => scheduler.LogTail());
        return node;
    }

    /// <summary>Waits until the scheduler says why the pod has no node.</summary>
    public async Task<string> RefusalOfAsync(string pod, ManagedProcess scheduler)
    {
        var message = "";
        await Wait.UntilAsync($"pod {pod} to be refused", TimeSpan.FromSeconds(60), async () => (message = (await GetAsync(pod)).GetCondition("PodScheduled")?.Message ?? "").Length > 0, () => scheduler.LogTail());
        return message;
    }

    /// <summary>Ends every scheduler that was started.</summary>
    public async Task StopSchedulersAsync()
    {
        foreach (var scheduler in _schedulers)
        {
            await scheduler.StopAsync(TimeSpan.FromSeconds(5));
        }

        _schedulers.Clear();
    }

    /// <summary>Takes away what another test has left.</summary>
    public async Task StartOverAsync()
    {
        await StopSchedulersAsync();
        await ClearAsync();
    }

    /// <summary>Takes every pod and node away.</summary>
    public async Task ClearAsync()
    {
        foreach (var pod in (await Client.ListAsync(Resources.Pods, null, new ListOptions(), default)).Items)
        {
            await DeleteAsync(pod.Metadata.Name);
        }

        foreach (var node in (await Client.ListAsync(Resources.Nodes, null, new ListOptions(), default)).Items)
        {
            await Client.DeleteAsync(Resources.Nodes, null, node.Metadata.Name, new DeleteRequest(), default);
        }
    }

    public async Task DeleteAsync(string pod)
    {
        try
        {
            await Client.DeleteAsync(Resources.Pods, Namespace, pod, new DeleteRequest(TimeSpan.Zero), default);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            // Gone already.
        }
    }

    public Task<Pod> GetAsync(string pod) => Client.GetAsync(Resources.Pods, Namespace, pod, default);

    public static int FreePort() => Ports.Free();

    public static Node Node(string name, string cpu = "4", string memory = "8Gi", int pods = 110)
    {
        var node = new Node { Metadata = new ObjectMeta { Name = name }, Spec = new NodeSpec(), Status = new NodeStatus() };
        node.Metadata.Labels["kubernetes.io/hostname"] = name;
        foreach (var (resource, amount) in ((string, string)[])[("cpu", cpu), ("memory", memory), ("pods", $"{pods}")])
        {
            node.Status.Allocatable[resource] = new Quantity { String = amount };
            node.Status.Capacity[resource] = new Quantity { String = amount };
        }

        return node;
    }

    public static Pod Pod(string name, string? cpu = null, string? memory = null)
    {
        var container = new Container { Name = "main", Image = "registry.k8s.io/pause:3.10", Resources = new ResourceRequirements() };
        if (cpu is not null)
        {
            container.Resources.Requests["cpu"] = new Quantity { String = cpu };
        }

        if (memory is not null)
        {
            container.Resources.Requests["memory"] = new Quantity { String = memory };
        }

        return new Pod { Metadata = new ObjectMeta { Name = name, Namespace = Namespace }, Spec = new PodSpec { Containers = { container } } };
    }
}
