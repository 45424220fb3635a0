using System.Text.Json;
using System.Text.Json.Nodes;
using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.PodContents;

/// <summary>What plugins of the node give to pods: a CSI driver in a process of its own. Run on each container engine.</summary>
public abstract partial class PodContentsTests
{
    private const string Driver = "folders.csi.test";

    [Fact]
    public async Task CsiDriver_StagesPublishesAndTakesDown_ThroughARestartOfTheKubelet()
    {
        var folder = Path.Combine(cluster.Daemons.Options.Folder, "csi");
        var driver = await StartCsiAsync("csi-driver", Driver, folder);
        try
        {
            await CheckCsiAsync(folder);
        }
        finally
        {
            await driver.StopAsync();
        }

        await Wait.UntilAsync("the driver to leave CSINode", TimeSpan.FromSeconds(20), async () => !(await cluster.FieldAsync("csinode", NodeCluster.NodeName, ".spec.drivers[*].name")).Contains(Driver, StringComparison.Ordinal));
    }

    [Fact]
    public async Task CsiVolume_WaitsForItsAttachment_Grows_AndIsInUseUntilItIsDown()
    {
        const string Attached = "attached.csi.test";
        var folder = Path.Combine(cluster.Daemons.Options.Folder, "csi-attached");
        var driver = await StartCsiAsync("csi-attached", Attached, folder);
        try
        {
            await cluster.ApplyAsync(AttachedVolume);
            await cluster.WaitForFieldAsync("persistentvolumeclaim", "csi-attached", ".status.phase} {.status.capacity.storage", "Bound 1Gi");
            await cluster.KubectlAsync("patch", "pv", "csi-attached", "-p", """{"spec": {"capacity": {"storage": "2Gi"} } }""");
            await cluster.ApplyAsync(AttachedPod);
            await cluster.EventAsync("csi-attached", "FailedMount", "MountVolume.WaitForAttach failed for volume \"csi-attached\" : volume attachment csi-");
            Assert.Empty(Calls("stage"));

            var attachment = await AttachAsync(Attached);
            await cluster.WaitForPodReadyAsync("csi-attached");
            Assert.Equal("7", JsonDocument.Parse(Assert.Single(Calls("stage"))["stage ".Length..]).RootElement.GetProperty("Publish").GetProperty("lun").GetString());
            Assert.Equal("""expand {"VolumeId":"vol-9","Bytes":2147483648}""", Assert.Single(Calls("expand")));
            await cluster.WaitForFieldAsync("persistentvolumeclaim", "csi-attached", ".status.capacity.storage", "2Gi");
            await cluster.WaitForFieldAsync("node", NodeCluster.NodeName, ".status.volumesInUse[*]", "kubernetes.io/csi/attached.csi.test^vol-9");

            await cluster.KubectlAsync("delete", "pod", "csi-attached", "--now");
            Assert.Single(Calls("unstage"));
            await cluster.WaitForFieldAsync("node", NodeCluster.NodeName, ".status.volumesInUse[*]", "");
            await cluster.WaitForGoneAsync("volumeattachment", attachment);
        }
        finally
        {
            await driver.StopAsync();
        }

        string[] Calls(string call) => CallsOf(folder, call);
    }

    [FactSince(22, "tokenRequests of a CSI driver")]
    public async Task CsiDriver_ThatAsksForTokens_GetsThePods_AndIsAskedToPublishAgain()
    {
        var folder = Path.Combine(cluster.Daemons.Options.Folder, "csi-tokens");
        var driver = await StartCsiAsync("csi-tokens", "tokens.csi.test", folder);
        try
        {
            await cluster.ApplyAsync("""
                apiVersion: storage.k8s.io/v1
                kind: CSIDriver
                metadata: {name: tokens.csi.test}
                spec: {attachRequired: false, volumeLifecycleModes: [Ephemeral], requiresRepublish: true, tokenRequests: [{audience: vault, expirationSeconds: 600}]}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: csi-tokens}
                spec:
                  nodeName: $node
                  terminationGracePeriodSeconds: 1
                  containers: [{name: main, image: $image, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}]}]
                  volumes: [{name: v, csi: {driver: tokens.csi.test}}]
                """.Fill());
            await cluster.WaitForPodReadyAsync("csi-tokens");
            var tokens = JsonDocument.Parse(Calls()[0]["publish ".Length..]).RootElement.GetProperty("Context").GetProperty("csi.storage.k8s.io/serviceAccount.tokens").GetString()!;
            Assert.Equal(3, JsonDocument.Parse(tokens).RootElement.GetProperty("vault").GetProperty("token").GetString()!.Split('.').Length);
            await Wait.UntilAsync("the volume to be published again", TimeSpan.FromSeconds(120), () => Task.FromResult(Calls().Length > 1), interval: TimeSpan.FromMilliseconds(200));
            await cluster.KubectlAsync("delete", "pod", "csi-tokens", "--now");
        }
        finally
        {
            await driver.StopAsync();
        }

        string[] Calls() => CallsOf(folder, "publish");
    }

    /// <summary>What an external attacher does; the name of the VolumeAttachment.</summary>
    private async Task<string> AttachAsync(string driver)
    {
        const string All = "/apis/storage.k8s.io/v1/volumeattachments";
        string? name = null;
        await Wait.UntilAsync("the attach controller to ask for the volume", TimeSpan.FromSeconds(30), async () =>
            (name = JsonFields.ReadItems(await cluster.Plane.Reader.GetAsync(All), ".spec.attacher} {.metadata.name").FirstOrDefault(a => a.StartsWith(driver + " ", StringComparison.Ordinal))?.Split(' ')[1]) is not null, interval: TimeSpan.FromMilliseconds(200));
        var attachment = JsonNode.Parse((await cluster.Plane.Reader.GetAsync($"{All}/{name}"))!)!;
        attachment["status"] = new JsonObject { ["attached"] = true, ["attachmentMetadata"] = new JsonObject { ["lun"] = "7" } };
        await cluster.Plane.KubectlAsync(["replace", "--raw", $"{All}/{name}/status", "-f", "-"], input: attachment.ToJsonString());
        return name!;
    }

    private async Task CheckCsiAsync(string folder)
    {
        await cluster.WaitForFieldAsync("csinode", NodeCluster.NodeName, ".spec.drivers[0].name", Driver);
        Assert.Equal("node-id-7 5 [\"topology.test/rack\"]", await cluster.FieldAsync("csinode", NodeCluster.NodeName, ".spec.drivers[0].nodeID} {.spec.drivers[0].allocatable.count} {.spec.drivers[0].topologyKeys"));
        Assert.Equal("r1", await cluster.FieldAsync("node", NodeCluster.NodeName, ".metadata.labels.topology\\.test/rack"));
        await cluster.ApplyAsync(CsiManifests);
        await cluster.WaitForPodReadyAsync("csi-one");
        await cluster.WaitForPodReadyAsync("csi-two");
        await cluster.EventAsync("csi-refused", "FailedMount", "this volume is refused");
        Assert.Equal("kept csi-one", await cluster.KubectlAsync("exec", "csi-one", "--", "sh", "-c", "echo kept >/v/file; echo $(cat /v/file) $(cat /inline/pod)"));
        Assert.Equal("kept", await cluster.KubectlAsync("exec", "csi-two", "--", "cat", "/v/file"));
        Assert.Equal("c", await cluster.KubectlAsync("exec", "csi-two", "--", "sh", "-c", "[ -c /dev/block ] && echo c"));
        Assert.Single(Calls("stage", "vol-1"));
        Assert.Equal("password", JsonDocument.Parse(Calls("stage", "vol-1")[0]["stage ".Length..]).RootElement.GetProperty("Secrets")[0].GetString());

        var metrics = await cluster.KubectlAsync("get", "--raw", $"/api/v1/nodes/{NodeCluster.NodeName}/proxy/metrics");
        Assert.Contains($"csi_operations_seconds_count{{driver_name=\"{Driver}\",method_name=\"/csi.v1.Node/NodeStageVolume\",grpc_status_code=\"OK\",migrated=\"false\"}}", metrics, StringComparison.Ordinal);
        Assert.Matches("plugin_manager_total_plugins{socket_path=\"[^\"]+\",state=\"actual_state_of_world\"} 1", metrics);

        // A kubelet that starts anew finds what the one before it has mounted, and takes it down.
        await cluster.Daemons.StopAsync(NodeDaemons.KubeletName);
        await cluster.Daemons.StartKubeletAsync();
        await cluster.KubectlAsync("delete", "pod", "csi-one", "csi-refused", "--now");
        Assert.Empty(Calls("unstage", "vol-1"));
        Assert.Equal("kept", await cluster.KubectlAsync("exec", "csi-two", "--", "cat", "/v/file"));
        await cluster.KubectlAsync("delete", "pod", "csi-two", "--now");
        Assert.Single(Calls("unstage", "vol-1"));
        Assert.NotEmpty(Calls("unpublish", "csi-"));
        var plugins = Path.Combine(cluster.Daemons.Options.KubeletRoot, "plugins/kubernetes.io/csi", Driver);
        Assert.Empty(Directory.Exists(plugins) ? Directory.GetFileSystemEntries(plugins) : []);

        string[] Calls(string call, string volume) => [.. CallsOf(folder, call).Where(l => l.Contains(volume, StringComparison.Ordinal))];
    }

    // What a driver was asked for, with its arguments. One that was asked for nothing yet has no file.
    private static string[] CallsOf(string folder, string call)
    {
        var calls = Path.Combine(folder, "calls.log");
        return File.Exists(calls) ? [.. File.ReadLines(calls).Where(l => l.StartsWith(call + " ", StringComparison.Ordinal))] : [];
    }

    private Task<ManagedProcess> StartCsiAsync(string name, string driver, string folder) =>
        StartPluginAsync(name, "csi", driver, folder, Path.Combine(cluster.Daemons.Options.KubeletRoot, "plugins_registry"));

    private async Task<ManagedProcess> StartPluginAsync(string name, params string[] arguments) =>
        await ManagedProcess.StartAsync(name, cluster.Daemons.Options.Folder, ["dotnet", Path.Combine(AppContext.BaseDirectory, "node-plugins.dll"), .. arguments]);

    private static string AttachedVolume => """
        apiVersion: storage.k8s.io/v1
        kind: CSIDriver
        metadata: {name: attached.csi.test}
        spec: {attachRequired: true}
        ---
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: csi-attached}
        spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: by-hand, claimRef: {namespace: default, name: csi-attached}, csi: {driver: attached.csi.test, volumeHandle: vol-9}}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: csi-attached}
        spec: {accessModes: [ReadWriteOnce], storageClassName: by-hand, volumeName: csi-attached, resources: {requests: {storage: 1Gi}}}
        """;

    private static string AttachedPod => """
        apiVersion: v1
        kind: Pod
        metadata: {name: csi-attached}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          containers: [{name: main, image: $image, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}]}]
          volumes: [{name: v, persistentVolumeClaim: {claimName: csi-attached}}]
        """.Fill();

    private static string CsiManifests => """
        apiVersion: storage.k8s.io/v1
        kind: CSIDriver
        metadata: {name: folders.csi.test}
        spec: {attachRequired: false, podInfoOnMount: true, volumeLifecycleModes: [Persistent, Ephemeral]}
        ---
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: csi-pv}
        spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: by-hand, claimRef: {namespace: default, name: csi-claim}, csi: {driver: folders.csi.test, volumeHandle: vol-1, volumeAttributes: {a: b}, nodeStageSecretRef: {namespace: default, name: csi-keys}}}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: csi-claim}
        spec: {accessModes: [ReadWriteOnce], storageClassName: by-hand, volumeName: csi-pv, resources: {requests: {storage: 1Gi}}}
        ---
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: csi-block}
        spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], volumeMode: Block, storageClassName: by-hand, claimRef: {namespace: default, name: csi-block-claim}, csi: {driver: folders.csi.test, volumeHandle: vol-2}}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: csi-block-claim}
        spec: {accessModes: [ReadWriteOnce], volumeMode: Block, storageClassName: by-hand, volumeName: csi-block, resources: {requests: {storage: 1Gi}}}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: csi-keys}
        stringData: {password: hunter2}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: csi-one}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          containers: [{name: main, image: $image, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}, {name: inline, mountPath: /inline}]}]
          volumes: [{name: v, persistentVolumeClaim: {claimName: csi-claim}}, {name: inline, csi: {driver: folders.csi.test}}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: csi-two}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          containers: [{name: main, image: $image, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}], volumeDevices: [{name: b, devicePath: /dev/block}]}]
          volumes: [{name: v, persistentVolumeClaim: {claimName: csi-claim}}, {name: b, persistentVolumeClaim: {claimName: csi-block-claim}}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: csi-refused}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          containers: [{name: main, image: $image, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}]}]
          volumes: [{name: v, csi: {driver: folders.csi.test, volumeAttributes: {refuse: "yes"}}}]
        """.Fill();
}
