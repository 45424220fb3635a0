using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.Cluster.Tests.KubeApi;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>A node on which the pods of all <see cref="PodLifeTests"/> live at the same time.</summary>
public abstract class PodLifeCluster : NodeCluster
{
    private KubeClient? _client;

    public KubeClient Client => _client ?? throw new InvalidOperationException("not started");

    public PodHistory History { get; } = new();

    /// <summary>A registry that wants a password, which the kubelet has from plugins.</summary>
    public PluginRegistry Registry { get; private set; } = null!;

    /// <summary>Every line of <c>kubectl get pods --watch</c> since before the pods were made.</summary>
    public StatusColumn Column { get; private set; } = null!;

    /// <summary>Where pods leave marks of what happened to them and when.</summary>
    public string MarksFolder => Path.Combine(Folder, "marks");

    // Marks are read after the container is gone; rotation and the restart back-off are made short enough to be seen.
    protected override string KubeletConfig => """
        crashLoopBackOff:
          maxContainerRestartPeriod: 8s
        containerLogMaxSize: 20Ki
        containerLogMaxFiles: 3
        containerLogMonitorInterval: 3s
        """;

    // Since v1.33 a node may ask for tokens of other audiences than those of volumes only when it is let.
    private const string PullerAccount = $$"""
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: puller
          annotations: {"{{PluginRegistry.Annotation}}": robot}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata:
          name: nodeagent:registry-audience
        rules:
        - {verbs: [request-serviceaccounts-token-audience], apiGroups: [""], resources: ["{{PluginRegistry.Audience}}"]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata:
          name: nodeagent:registry-audience
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "nodeagent:registry-audience"}
        subjects:
        - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:nodes"}
        """;

    // Both engines know a handler of this name.
    private const string HeavyClass = """
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata: {name: heavy}
        handler: runc
        overhead: {podFixed: {cpu: 20m, memory: 48Mi}}
        """;

    /// <summary>The lines that the pod wrote into a file of its marks.</summary>
    public string[] Marks(string pod, string file)
    {
        var path = Path.Combine(MarksFolder, pod, file);
        return File.Exists(path) ? File.ReadAllLines(path) : [];
    }

    protected override async Task OnStartedAsync()
    {
        Column = await StatusColumn.StartAsync(Plane, Folder);
        _client = ApiServerFixture.ClientFor(Plane.AdminKubeconfig);
        History.Start(_client);
        var pods = PodLifeTests.Manifests.Where(m => m.Since == 0 || Plane.Binaries.AtLeast(m.Since)).ToList();
        foreach (var pod in pods.Where(p => p.Spec.Contains("MARKS", StringComparison.Ordinal)))
        {
            Directory.CreateDirectory(Path.Combine(MarksFolder, pod.Name));
        }

        await ApplyAsync(PullerAccount + "\n---\n" + HeavyClass);
        await ApplyAsync(string.Join("---\n", pods.Select(p => p.ToYaml(MarksFolder, Registry.Address))));
    }

    /// <summary>A file of the pod's cgroup.</summary>
    /// <param name="qos">The folder of its class: burstable, besteffort, or empty.</param>
    public string PodCgroupFile(string qos, string uid, string controller, string file) =>
        File.ReadAllText(Path.Combine("/sys/fs/cgroup", File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "" : controller, CgroupRoot.TrimStart('/'), "kubepods", qos, "pod" + uid, file)).Trim();

    protected override async Task<IReadOnlyList<string>> MoreKubeletFlagsAsync()
    {
        Registry = await PluginRegistry.StartAsync(Path.Combine(Folder, "registry"), Network.Name);
        return Registry.KubeletFlags;
    }

    protected override async Task OnStoppingAsync()
    {
        await History.DisposeAsync();
        await (Column?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Registry?.DisposeAsync() ?? ValueTask.CompletedTask);
        _client?.Dispose();
    }
}
