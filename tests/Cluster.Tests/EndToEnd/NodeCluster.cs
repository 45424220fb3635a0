using System.Text.Json.Nodes;
using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.EndToEnd;

/// <summary>
/// A whole one-node cluster in a network namespace of its own: real control plane, a real container engine, and this project's
/// published kubelet, kube-scheduler and kube-proxy. It costs about half a minute, so a class of tests shares one.
/// </summary>
public abstract class NodeCluster : IAsyncLifetime
{
    public const string NodeName = "node-a";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("na-e2e-").FullName;
    private NetworkNamespace? _network;
    private LocalControlPlane? _plane;
    private IEngineHost? _engine;

    public NetworkNamespace Network => _network ?? throw new InvalidOperationException("not started");

    public LocalControlPlane Plane => _plane ?? throw new InvalidOperationException("not started");

    public IEngineHost Engine => _engine ?? throw new InvalidOperationException("not started");

    public NodeDaemons Daemons { get; private set; } = null!;

    protected string Folder => _folder;

    /// <summary>Where etcd's data and the certificates are.</summary>
    public string PlaneFolder => Path.Combine(_folder, "plane");

    // The index alone is that of an earlier run, too: when that was killed its kubelet may live on, and takes the cgroups of pods
    // that it does not know for left ones.
    public string CgroupRoot => $"/na-e2e-{Network.Index}-{Environment.ProcessId}";

    /// <summary>More lines of the KubeletConfiguration.</summary>
    protected virtual string KubeletConfig => "volumeStatsAggPeriod: 5s\n";

    /// <summary>More flags of the API server, by its version.</summary>
    protected virtual IReadOnlyList<string> ApiServerFlags(KubeBinaries binaries) => [];

    // xUnit disposes a fixture whose initialization failed, too.
    public async Task InitializeAsync()
    {
        // Pods with users of their own have to come through to what the engine keeps of them.
        File.SetUnixFileMode(_folder, File.GetUnixFileMode(_folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        _network = await NetworkNamespace.CreateAsync("na-e2e");
        await Task.WhenAll(StartPlaneAsync(), StartOwnEngineAsync());
        Cgroups.Ensure(CgroupRoot);
        Daemons = new NodeDaemons(
            new NodeOptions(Path.Combine(_folder, "node"), NodeName, Network.Address, Engine.Endpoint, Network.Name)
            {
                CgroupRoot = CgroupRoot,
                KubeletFlags = [.. Engine.KubeletFlags, .. await MoreKubeletFlagsAsync()],
                KubeletConfig = KubeletConfig,
            },
            Plane);
        await Daemons.StartKubeletAsync();
        await Daemons.StartSchedulerAsync();
        await Daemons.StartProxyAsync();
        await WaitForNodeReadyAsync("True");
        await OnStartedAsync();
    }

    public async Task DisposeAsync()
    {
        await OnStoppingAsync();
        if (Daemons is not null)
        {
            await Task.WhenAll(new[] { NodeDaemons.KubeletName, NodeDaemons.SchedulerName, NodeDaemons.ProxyName }.Select(Daemons.StopAsync));
        }

        await Task.WhenAll(
            _plane?.DisposeAsync().AsTask() ?? Task.CompletedTask,
            _engine?.DisposeAsync().AsTask() ?? Task.CompletedTask);
        if (_network is not null)
        {
            Cgroups.Remove(CgroupRoot);
            await _network.DisposeAsync();
        }

        await HostMounts.UnmountBelowAsync(_folder);
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>kubectl's output, trimmed; a failure of kubectl fails the test.</summary>
    public async Task<string> KubectlAsync(params string[] arguments) => (await Plane.KubectlAsync(arguments)).Output.Trim();

    public Task ApplyAsync(string manifest) => Plane.ApplyAsync(manifest);

    /// <summary>One field of an object by a path as kubectl's jsonpath has it, empty when the object or the field is not there.</summary>
    public async Task<string> FieldAsync(string kind, string name, string path) =>
        await Plane.Reader.GetAsync(ObjectPaths.Of(kind, name)) is { } json ? JsonFields.Read(json, path) : "";

    /// <summary>What <c>kubectl logs</c> would print of a pod of one container, for what is asked again and again; empty while there is none.</summary>
    /// <param name="query">Such as <c>?tailLines=1</c>.</param>
    public async Task<string> LogsAsync(string pod, string query = "") => (await Plane.Reader.GetAsync($"{ObjectPaths.Of("pod", pod)}/log{query}") ?? "").Trim();

    /// <summary>The events of an object, oldest first.</summary>
    public async Task<IReadOnlyList<(string Reason, string Message)>> EventsAsync(string objectName)
    {
        var json = await Plane.Reader.GetAsync("/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=" + Uri.EscapeDataString(objectName));
        return json is null ? [] : [.. JsonNode.Parse(json)!["items"]!.AsArray().Select(e => ((string?)e!["reason"] ?? "", (string?)e["message"] ?? ""))];
    }

    public Task WaitForFieldAsync(string kind, string name, string path, string expected, TimeSpan? limit = null)
    {
        var last = "";
        return Wait.UntilAsync(
            $"{kind}/{name} to have {path} = {expected}",
            limit ?? Patience,
            async () => (last = await FieldAsync(kind, name, path)) == expected,
            () => $"it is: {last}\nkubelet:\n{LogTail(NodeDaemons.KubeletName)}",
            TimeSpan.FromMilliseconds(100));
    }

    public Task WaitForPodReadyAsync(string name, TimeSpan? limit = null) =>
        WaitForFieldAsync("pod", name, ".status.conditions[?(@.type==\"Ready\")].status", "True", limit);

    public Task WaitForGoneAsync(string kind, string name) => Wait.UntilAsync(
        $"{kind}/{name} to be gone",
        Patience,
        () => Plane.Reader.IsMissingAsync(ObjectPaths.Of(kind, name)),
        () => LogTail(NodeDaemons.KubeletName),
        TimeSpan.FromMilliseconds(100));

    public Task WaitForNodeReadyAsync(string status) =>
        WaitForFieldAsync("node", NodeName, ".status.conditions[?(@.type==\"Ready\")].status", status);

    public Task WaitForEventAsync(string reason, string objectName) => Wait.UntilAsync(
        $"an event {reason} of {objectName}",
        Patience,
        async () => (await EventsAsync(objectName)).Any(e => e.Reason == reason),
        () => LogTail(NodeDaemons.KubeletName),
        TimeSpan.FromMilliseconds(100));

    /// <summary>The body of an HTTP answer as asked from inside the node's network.</summary>
    public async Task<string?> HttpGetAsync(string url)
    {
        var result = await Network.RunAsync("curl", ["--silent", "--fail", "--max-time", "3", url], throwOnFailure: false);
        return result.ExitCode == 0 ? result.Output.Trim() : null;
    }

    public string LogTail(string daemon) => ManagedProcess.Find(daemon, Daemons.Options.Folder)?.LogTail(30) ?? $"({daemon} does not run)";

    protected abstract Task<IEngineHost> StartEngineAsync(NetworkNamespace network);

    /// <summary>Called when the engine and the control plane run, before the kubelet is started.</summary>
    protected virtual Task<IReadOnlyList<string>> MoreKubeletFlagsAsync() => Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Called when the node is ready.</summary>
    protected virtual Task OnStartedAsync() => Task.CompletedTask;

    /// <summary>Called before anything is stopped, also when the start failed.</summary>
    protected virtual Task OnStoppingAsync() => Task.CompletedTask;

    private async Task StartPlaneAsync() =>
        _plane = await LocalControlPlane.StartAsync(new ControlPlaneOptions(PlaneFolder, Network.Address, Namespace: Network.Name) { ApiServerFlags = ApiServerFlags(await KubeBinaries.FindAsync()) });

    private async Task StartOwnEngineAsync() => _engine = await StartEngineAsync(Network);
}
