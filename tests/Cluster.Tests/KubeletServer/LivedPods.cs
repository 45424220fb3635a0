using System.Text.Json;
using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.KubeletServer;

/// <summary>
/// Pods of one node with something for every page of metrics to count: one with probes, limits and a claim, a static one, one that
/// crashes, one without an image, one that the kubelet refuses, one that goes.
/// </summary>
internal sealed class LivedPods(LocalControlPlane plane, NodeOptions node)
{
    public static readonly string[] Pages = ["/metrics", "/metrics/cadvisor", "/metrics/resource", "/metrics/probes", "/metrics/slis"];

    private static readonly string[] OfApiServer = ["lived-steady", "lived-crasher", "lived-imageless", "lived-refused"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private string StaticManifest => Path.Combine(node.ManifestFolder, "lived.yaml");

    private string Claimed => Path.Combine(node.Folder, "claimed");

    /// <summary>Returns when every pod has come as far as it comes.</summary>
    public async Task LiveAsync(Func<string> log)
    {
        Directory.CreateDirectory(Claimed);
        await File.WriteAllTextAsync(StaticManifest, Pod("lived-static", bound: false, "sleep 3600"));
        await plane.ApplyAsync(string.Join("---\n", Storage(),
            Pod("lived-steady", bound: true, "sleep 3600", """
                    resources: {limits: {cpu: 100m, memory: 64Mi}}
                    readinessProbe: {exec: {command: ["true"]}, periodSeconds: 1}
                    lifecycle: {postStart: {exec: {command: ["true"]}}}
                    volumeMounts: [{name: data, mountPath: /data}, {name: scratch, mountPath: /scratch}]
                  volumes:
                  - name: data
                    persistentVolumeClaim: {claimName: lived}
                  - name: scratch
                    emptyDir: {}
                """),
            Pod("lived-crasher", bound: true, "exit 3"),
            Pod("lived-imageless", bound: true, "true").Replace(TestImages.BusyboxName, "127.0.0.1:9/not/there", StringComparison.Ordinal),
            Pod("lived-refused", bound: true, "true", "    resources: {requests: {cpu: 1000}}")));
        IReadOnlyList<string> states = [];
        await Wait.UntilAsync("every pod to have come as far as it comes", Patience, async () =>
        {
            states = JsonFields.ReadItems(await plane.Reader.GetAsync("/api/v1/namespaces/default/pods"), ".metadata.name}={.status.phase}{.status.containerStatuses[0].ready}{.status.containerStatuses[0].restartCount}{.status.containerStatuses[0].state.waiting.reason");
            return Is("lived-steady=Runningtrue0") && Starts("lived-crasher=Runningfalse") && !Starts("lived-crasher=Runningfalse0") && Is($"lived-static-{node.Name}=Runningtrue0") && Starts("lived-imageless=Pendingfalse0Im") && Starts("lived-refused=Failed");
        }, () => $"they are: {string.Join(' ', states)}\n{log()}", TimeSpan.FromMilliseconds(300));
        await plane.KubectlAsync(["exec", "lived-steady", "--", "true"]);
        if (plane.Binaries.AtLeast(33))
        {
            await plane.KubectlAsync(["patch", "pod", "lived-steady", "--subresource=resize", "-p", """{"spec":{"containers":[{"name":"main","resources":{"limits":{"cpu":"200m"},"requests":{"cpu":"200m"}}}]}}"""]);
        }

        await plane.KubectlAsync(["delete", "pod", "lived-crasher"]);

        bool Is(string state) => states.Contains(state);

        bool Starts(string state) => states.Any(s => s.StartsWith(state, StringComparison.Ordinal));
    }

    /// <summary>Every page, once those that are made in the background show what runs. NODEAGENT_WRITE_SCRAPES names a folder that keeps them.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ScrapeAsync(Func<string> log)
    {
        var pages = new Dictionary<string, string>();
        await Wait.UntilAsync("the running container on every page", Patience, async () =>
        {
            await PageAsync("/healthz");
            foreach (var page in Pages)
            {
                pages[page] = await PageAsync(page);
            }

            return new MetricPage(pages["/metrics/cadvisor"])["container_memory_working_set_bytes"].Any(s => s.Labels["pod"] == "lived-steady" && s.Labels["container"] == "main")
                && new MetricPage(pages["/metrics/resource"])["container_memory_working_set_bytes"].Any(s => s.Labels["pod"] == "lived-steady")
                && new MetricPage(pages["/metrics"])["kubelet_volume_stats_capacity_bytes"].Any(s => s.Labels["persistentvolumeclaim"] == "lived")
                && new MetricPage(pages["/metrics"])["kubelet_container_log_filesystem_used_bytes"].Any(s => s.Labels["pod"] == "lived-steady");
        }, () => string.Join('\n', pages.Select(p => $"{p.Key}: {p.Value.Length} characters")) + "\n" + log(), TimeSpan.FromMilliseconds(500));
        if (Environment.GetEnvironmentVariable("NODEAGENT_WRITE_SCRAPES") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            await Task.WhenAll(pages.Select(p => File.WriteAllTextAsync(Path.Combine(folder, $"{Path.GetFileName(Path.GetDirectoryName(node.Folder))}-{node.Name}{p.Key.Replace('/', '-')}.txt"), p.Value)));
        }

        return pages;

        async Task<string> PageAsync(string page) => await plane.Reader.GetAsync($"/api/v1/nodes/{node.Name}/proxy{page}")
            ?? throw new InvalidOperationException($"the kubelet's {page} does not come through the API server");
    }

    /// <summary>Leaves nothing of them; does not wait for their end.</summary>
    public async Task RemoveAsync()
    {
        File.Delete(StaticManifest);
        await plane.KubectlAsync(["delete", "pod", "--ignore-not-found", "--wait=false", .. OfApiServer]);
        await plane.KubectlAsync(["delete", "--ignore-not-found", "--wait=false", "pvc/lived", "pv/lived"]);
    }

    private string Storage() => $"""
        apiVersion: v1
        kind: PersistentVolume
        metadata: {"{name: lived}"}
        spec:
          capacity: {"{storage: 1Mi}"}
          accessModes: [ReadWriteOnce]
          persistentVolumeReclaimPolicy: Retain
          local: {"{path: " + Claimed + "}"}
          claimRef: {"{namespace: default, name: lived}"}
          nodeAffinity:
            required:
              nodeSelectorTerms:
              - matchExpressions:
                - {"{key: kubernetes.io/hostname, operator: In, values: [" + node.Name + "]}"}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {"{name: lived, namespace: default}"}
        spec:
          storageClassName: ""
          volumeName: lived
          accessModes: [ReadWriteOnce]
          resources: {"{requests: {storage: 1Mi}}"}

        """;

    private string Pod(string name, bool bound, string script, string more = "") => $"""
        apiVersion: v1
        kind: Pod
        metadata: {"{name: " + name + ", namespace: default}"}
        spec:
          {(bound ? "nodeName: " + node.Name : "")}
          terminationGracePeriodSeconds: 1
          containers:
          - name: main
            image: {TestImages.BusyboxName}
            command: [sh, -c, {JsonSerializer.Serialize(script)}]
        {more}

        """;
}
