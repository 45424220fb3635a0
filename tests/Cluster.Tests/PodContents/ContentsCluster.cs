using System.Text.Json;
using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.PodContents;

/// <summary>A node on which the pods of <see cref="ContentsManifests"/> have run: what they printed is there to be asserted.</summary>
public abstract class ContentsCluster : NodeCluster, IAsyncLifetime
{
    private static readonly string[] Ending = ["volumes", "environment", "no-links", "names", "full-name", "host-net", "a-name-that-is-longer-than-the-sixty-three-letters-of-a-host-name-so-cut", "security"];
    private static readonly string[] Running = ["guaranteed", "burstable", "best-effort"];

    private readonly Dictionary<string, List<string>> _lines = [];

    /// <summary>A cgroup that stands for the one of the host's own daemons.</summary>
    public string ReservedCgroup { get; } = "/na-reserved-" + Guid.NewGuid().ToString("N")[..8];

    protected override string KubeletConfig => $$"""
        allowedUnsafeSysctls: ["net.core.*"]
        podPidsLimit: 321
        cpuManagerPolicy: static
        systemReserved: {cpu: 100m}
        systemReservedCgroup: {{ReservedCgroup}}
        enforceNodeAllocatable: [pods, system-reserved]
        nodeStatusUpdateFrequency: 2s
        featureGates: {UserNamespacesHostNetworkSupport: true}
        """;

    protected override IReadOnlyList<string> ApiServerFlags(KubeBinaries binaries) => binaries.AtLeast(36)
        ? ["--feature-gates=ClusterTrustBundle=true,ClusterTrustBundleProjection=true,UserNamespacesHostNetworkSupport=true", "--runtime-config=certificates.k8s.io/v1beta1/clustertrustbundles=true"]
        : [];

    async Task IAsyncLifetime.InitializeAsync()
    {
        Cgroups.Ensure(ReservedCgroup);
        await InitializeAsync();
        var profiles = Path.Combine(Daemons.Options.KubeletRoot, "seccomp");
        Directory.CreateDirectory(profiles);
        await File.WriteAllTextAsync(Path.Combine(profiles, "no-mkdir.json"), """{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}""");
        await ApplyAsync(ContentsManifests.Objects);
        await ApplyAsync(string.Join("\n---\n", ContentsManifests.Volumes, ContentsManifests.Environment, ContentsManifests.Names, ContentsManifests.Security, ContentsManifests.Resources));
        IReadOnlyList<string> phases = [];
        await Wait.UntilAsync("the pods to have said what they see", TimeSpan.FromSeconds(90), async () =>
        {
            phases = JsonFields.ReadItems(await Plane.Reader.GetAsync("/api/v1/namespaces/default/pods"), ".metadata.name}={.status.phase");
            return Ending.All(p => phases.Contains(p + "=Succeeded")) && Running.All(p => phases.Contains(p + "=Running"));
        }, () => string.Join(' ', phases) + "\n" + LogTail(NodeDaemons.KubeletName), TimeSpan.FromMilliseconds(200));
        var logs = await KubectlAsync("logs", "-l", ContentsManifests.Label, "--all-containers", "--prefix", "--tail=-1", "--max-log-requests=50");
        foreach (var line in logs.Split('\n').Where(l => l.StartsWith("[pod/", StringComparison.Ordinal)))
        {
            var end = line.IndexOf(']', StringComparison.Ordinal);
            var container = line["[pod/".Length..end];
            if (!_lines.TryGetValue(container, out var lines))
            {
                _lines[container] = lines = [];
            }

            lines.Add(line[(end + 1)..].TrimStart(' '));
        }
    }

    protected override Task OnStoppingAsync()
    {
        Cgroups.Remove(ReservedCgroup);
        return Task.CompletedTask;
    }

    /// <param name="container">As pod/container.</param>
    public IReadOnlyList<string> Lines(string container) =>
        _lines.TryGetValue(container, out var lines) ? lines : throw new InvalidOperationException($"{container} printed nothing; those that did: {string.Join(", ", _lines.Keys)}");

    /// <summary>What a container printed after <c>name=</c>; null when it printed no such line.</summary>
    public string? Value(string container, string name) => Lines(container).FirstOrDefault(l => l.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    public async Task<JsonElement> GetAsync(string kind, string name)
    {
        using var document = JsonDocument.Parse(await KubectlAsync("get", kind, name, "-o", "json"));
        return document.RootElement.Clone();
    }

    /// <summary>Waits for an event of the object whose message has the text; the first such message.</summary>
    public async Task<string> EventAsync(string objectName, string reason, string text)
    {
        var found = "";
        await Wait.UntilAsync($"an event {reason} of {objectName} with: {text}", TimeSpan.FromSeconds(40), async () =>
        {
            var all = await EventsAsync(objectName);
            found = string.Join('\n', all.Select(e => $"{e.Reason}|{e.Message}"));
            return all.Any(e => e.Reason == reason && e.Message.Contains(text, StringComparison.Ordinal));
        }, () => found + "\n" + LogTail(NodeDaemons.KubeletName), TimeSpan.FromMilliseconds(100));
        return found;
    }
}

/// <summary>The same on containerd.</summary>
public sealed class ContainerdContents : ContentsCluster
{
    protected override async Task<IEngineHost> StartEngineAsync(NetworkNamespace network) =>
        await ContainerdHost.StartAsync(new ContainerdOptions(Path.Combine(Folder, "c"), "na-pods0", "10.244.0.0/24", network.Name));
}

/// <summary>The same on Docker Engine.</summary>
public sealed class DockerContents : ContentsCluster
{
    protected override async Task<IEngineHost> StartEngineAsync(NetworkNamespace network) =>
        await DockerHost.StartAsync(new DockerHostOptions(Path.Combine(Folder, "d"), "na-pods0", "10.244.0.0/24", network.Name));
}
