using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;
using NodeAgent.Kubelet.Schemas.PodResources;

namespace NodeAgent.Cluster.Tests.PodContents;

/// <summary>Devices of a plugin in a process of its own, and CPUs of a container's own, as seen inside containers.</summary>
public abstract partial class PodContentsTests
{
    private const string Thing = "devices.test/thing";
    private const string ThingPath = "devices\\.test/thing";

    [Fact]
    public async Task DevicePlugin_GivesDevices_ThroughARestartOfTheKubelet_AndIsMissedWhenItGoes()
    {
        var folder = Path.Combine(cluster.Daemons.Options.Folder, "devices");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "devices"), "d0 Healthy 0\nd1 Healthy 0\nd2 Unhealthy -\n");
        var plugin = await StartPluginAsync("device-plugin", "device", Thing, folder, "call", Path.Combine(cluster.Daemons.Options.KubeletRoot, "device-plugins"));
        try
        {
            await cluster.WaitForFieldAsync("node", NodeCluster.NodeName, $".status.allocatable.{ThingPath}", "2");
            Assert.Equal("3", await cluster.FieldAsync("node", NodeCluster.NodeName, $".status.capacity.{ThingPath}"));
            await CheckDevicesAsync(folder);
            await CheckRefusalsAsync(folder);
            await CheckRestartAsync(folder);
            await CheckHealthAsync(folder);
        }
        finally
        {
            await plugin.StopAsync();
            await cluster.KubectlAsync("delete", "pod", "device-one", "device-two", "device-three", "--now", "--ignore-not-found");
        }

        await cluster.WaitForFieldAsync("node", NodeCluster.NodeName, $".status.allocatable.{ThingPath}", "0");
        Assert.Equal("3", await cluster.FieldAsync("node", NodeCluster.NodeName, $".status.capacity.{ThingPath}"));
    }

    [Fact]
    public async Task DevicePlugin_ThatTheKubeletFinds_IsUsed()
    {
        const string Found = "devices.test/found";
        var folder = Path.Combine(cluster.Daemons.Options.Folder, "found");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "devices"), "f0 Healthy -\n");
        var plugin = await StartPluginAsync("found-plugin", "device", Found, folder, "watch", Path.Combine(cluster.Daemons.Options.KubeletRoot, "plugins_registry"));
        try
        {
            await cluster.WaitForFieldAsync("node", NodeCluster.NodeName, ".status.allocatable.devices\\.test/found", "1");
            await cluster.ApplyAsync(DevicePod("device-found", Found, 1));
            await cluster.WaitForPodReadyAsync("device-found");
            Assert.Equal("f0", await cluster.KubectlAsync("exec", "device-found", "--", "sh", "-c", "echo $TEST_DEVICES"));
        }
        finally
        {
            await plugin.StopAsync();
        }

        await cluster.WaitForFieldAsync("node", NodeCluster.NodeName, ".status.allocatable.devices\\.test/found", "0");
        await cluster.KubectlAsync("delete", "pod", "device-found", "--now");
    }

    [FactSince(34, "resource.k8s.io/v1")]
    public async Task DraDriver_PreparesClaims_AndGivesThemBack_ThroughARestartOfTheKubelet()
    {
        const string DraDriver = "dra.test";
        var folder = Path.Combine(cluster.Daemons.Options.Folder, "dra");
        var calls = Path.Combine(folder, "calls.log");
        await cluster.ApplyAsync(ClaimManifests);
        var driver = await StartPluginAsync("dra-driver", "dra", DraDriver, folder, Path.Combine(cluster.Daemons.Options.KubeletRoot, "plugins_registry"));
        try
        {
            await cluster.EventAsync("dra-pod", "FailedPrepareDynamicResources", "is not allowed to use ResourceClaim dra-claim");
            var uid = await cluster.FieldAsync("pod", "dra-pod", ".metadata.uid");
            var status = """{"status": {"allocation": {"devices": {"results": [{"request": "r", "driver": "dra.test", "pool": "pool", "device": "dev0"}]}}, "reservedFor": [{"resource": "pods", "name": "dra-pod", "uid": "$uid"}]}}""";
            await cluster.KubectlAsync("patch", "resourceclaim", "dra-claim", "--subresource=status", "--type=merge", "-p", status.Replace("$uid", uid, StringComparison.Ordinal));
            await cluster.WaitForPodReadyAsync("dra-pod");
            Assert.Contains("prepare [\"dra-claim\"]", await File.ReadAllLinesAsync(calls));
            var told = await PodResourcesAsync("Get", new GetPodResourcesRequest { PodName = "dra-pod", PodNamespace = "default" }, GetPodResourcesResponse.Parser);
            var claim = Assert.Single(told.PodResources.Containers[0].DynamicResources);
            Assert.Equal("dra-claim dra.test pool dev0", $"{claim.ClaimName} {claim.ClaimResources[0].DriverName} {claim.ClaimResources[0].PoolName} {claim.ClaimResources[0].DeviceName}");

            // A kubelet that starts anew deletes what drivers have published, who do so again, and knows which claims are prepared.
            await cluster.Daemons.StopAsync(NodeDaemons.KubeletName);
            await cluster.ApplyAsync(SliceManifest);
            await cluster.Daemons.StartKubeletAsync();
            await cluster.WaitForGoneAsync("resourceslice", "dra-slice");
            await Wait.UntilAsync("the driver to be registered again", TimeSpan.FromSeconds(20), async () => (await File.ReadAllLinesAsync(calls)).Count(l => l.StartsWith("registered ", StringComparison.Ordinal)) == 2, () => cluster.LogTail(NodeDaemons.KubeletName));
            await cluster.KubectlAsync("delete", "pod", "dra-pod", "--now");
            Assert.Contains("unprepare [\"dra-claim\"]", await File.ReadAllLinesAsync(calls));
        }
        finally
        {
            await driver.StopAsync();
        }

        await cluster.KubectlAsync("delete", "resourceclaim", "dra-claim");
    }

    [FactWithCpus(2)]
    public async Task CpuManager_GivesCpus_AndTakesThemFromAllOthers()
    {
        try
        {
            await cluster.ApplyAsync(CpuPod("cpus-shared", "resources: {requests: {cpu: 10m}}"));
            await cluster.WaitForPodReadyAsync("cpus-shared");
            Assert.Equal(AllCpus, await CpusOfAsync("cpus-shared"));

            await cluster.ApplyAsync(CpuPod("cpus-own", "resources: {limits: {cpu: 1, memory: 32Mi}}"));
            await cluster.WaitForPodReadyAsync("cpus-own");
            Assert.Equal("1", await CpusOfAsync("cpus-own"));
            Assert.Equal("-1", await cluster.KubectlAsync("exec", "cpus-own", "--", "sh", "-c", "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/cpu.max | sed s/max/-1/"));
            var others = AllCpus == "0-1" ? "0" : $"0,2-{Environment.ProcessorCount - 1}";
            await Wait.UntilAsync("the other pod to leave the CPU", TimeSpan.FromSeconds(20), async () => await CpusOfAsync("cpus-shared") == others);
            var told = await PodResourcesAsync("Get", new GetPodResourcesRequest { PodName = "cpus-own", PodNamespace = "default" }, GetPodResourcesResponse.Parser);
            Assert.Equal([1L], told.PodResources.Containers[0].CpuIds);

            await cluster.KubectlAsync("delete", "pod", "cpus-own", "--now");
            await Wait.UntilAsync("the other pod to have all CPUs again", TimeSpan.FromSeconds(20), async () => await CpusOfAsync("cpus-shared") == AllCpus);
        }
        finally
        {
            await cluster.KubectlAsync("delete", "pod", "cpus-shared", "cpus-own", "--now", "--ignore-not-found");
        }
    }

    /// <summary>The CPU that the first pod with devices has for itself, where the host has one to give.</summary>
    private static string OwnCpu => Environment.ProcessorCount < 2 ? AllCpus : "1";

    private static string AllCpus => Environment.ProcessorCount < 2 ? "0" : $"0-{Environment.ProcessorCount - 1}";

    private async Task CheckDevicesAsync(string folder)
    {
        await cluster.ApplyAsync(DevicePod("device-one", Thing, 1, init: true) + "---\n" + DevicePod("device-two", Thing, 1));
        await cluster.WaitForPodReadyAsync("device-one");
        await cluster.WaitForPodReadyAsync("device-two");
        var ids = await cluster.KubectlAsync("exec", "device-one", "--", "sh", "-c", "echo $TEST_DEVICES");
        var other = ids == "d0" ? "d1" : "d0";
        Assert.Contains(ids, (string[])["d0", "d1"]);
        Assert.Equal(
            $"from the plugin; c; 00 00 00 00; 1; {other}",
            await cluster.KubectlAsync("exec", "device-one", "--", "sh", "-c", $"echo \"$(cat /plugin/hello); $([ -c /dev/{ids} ] && echo c); $(head -c 4 /dev/{ids} | od -An -tx1 | sed 's/^ *//'); $(touch /plugin/new 2>/dev/null; echo $?); {other}\""));
        Assert.Equal(OwnCpu, await CpusOfAsync("device-one"));
        Assert.Equal("none", await cluster.KubectlAsync("exec", "device-one", "--", "sh", "-c", $"[ -e /dev/{other} ] || echo none"));
        Assert.Equal(other, await cluster.KubectlAsync("exec", "device-two", "--", "sh", "-c", "echo $TEST_DEVICES"));

        // The init container had the same device as the one that came after it.
        Assert.Equal(ids, await cluster.KubectlAsync("logs", "device-one", "-c", "init"));
        var calls = await File.ReadAllLinesAsync(Path.Combine(folder, "calls.log"));
        Assert.Equal(3, calls.Count(l => l.StartsWith("allocate ", StringComparison.Ordinal)));
        Assert.Equal(3, calls.Count(l => l.StartsWith("prestart ", StringComparison.Ordinal)));
        Assert.Contains("\"AllocationSize\":1", calls.First(l => l.StartsWith("prefer ", StringComparison.Ordinal)), StringComparison.Ordinal);

        var told = await PodResourcesAsync("List", new ListPodResourcesRequest(), ListPodResourcesResponse.Parser);
        var devices = Assert.Single(told.PodResources.Single(p => p.Name == "device-one").Containers.Single().Devices);
        Assert.Equal($"{Thing} {ids} 0", $"{devices.ResourceName} {devices.DeviceIds.Single()} {devices.Topology.Nodes.Single().ID}");
        Assert.Equal(["d0", "d1"], await AllocatableAsync());
    }

    private async Task<string[]> AllocatableAsync()
    {
        var all = await PodResourcesAsync("GetAllocatableResources", new AllocatableResourcesRequest(), AllocatableResourcesResponse.Parser);
        return [.. all.Devices.Where(d => d.ResourceName == Thing).SelectMany(d => d.DeviceIds).Order()];
    }

    private async Task CheckRefusalsAsync(string folder)
    {
        await cluster.ApplyAsync(DevicePod("device-none", Thing, 1));
        await cluster.WaitForFieldAsync("pod", "device-none", ".status.phase", "Failed");
        Assert.Equal(
            $"OutOf{Thing} Pod was rejected: Node didn't have enough resource: {Thing}, requested: 1, used: 2, capacity: 2",
            await cluster.FieldAsync("pod", "device-none", ".status.reason} {.status.message"));

        await cluster.KubectlAsync("delete", "pod", "device-two", "--now");
        await File.WriteAllTextAsync(Path.Combine(folder, "refuse"), "not today");
        await cluster.ApplyAsync(DevicePod("device-refused", Thing, 1));
        await cluster.WaitForFieldAsync("pod", "device-refused", ".status.phase", "Failed");
        File.Delete(Path.Combine(folder, "refuse"));
        Assert.Equal(
            "UnexpectedAdmissionError Pod was rejected: Allocate failed due to rpc error: code = Unknown desc = not today, which is unexpected",
            await cluster.FieldAsync("pod", "device-refused", ".status.reason} {.status.message"));
        await cluster.KubectlAsync("delete", "pod", "device-none", "device-refused", "--now");
    }

    private async Task CheckRestartAsync(string folder)
    {
        var container = await cluster.FieldAsync("pod", "device-one", ".status.containerStatuses[0].containerID");
        var ids = await cluster.KubectlAsync("exec", "device-one", "--", "sh", "-c", "echo $TEST_DEVICES");
        await cluster.Daemons.StopAsync(NodeDaemons.KubeletName);
        await cluster.Daemons.StartKubeletAsync();
        await Wait.UntilAsync("the plugin to register again", TimeSpan.FromSeconds(30), async () => (await File.ReadAllLinesAsync(Path.Combine(folder, "calls.log"))).Count(l => l.StartsWith("registered ", StringComparison.Ordinal)) == 2, () => cluster.LogTail(NodeDaemons.KubeletName));

        // The Node still says what the kubelet before wrote; this one knows of no device until the plugin has listed them.
        await Wait.UntilAsync("the plugin's devices to be listed again", TimeSpan.FromSeconds(30), async () => (await AllocatableAsync()).Length == 2, () => cluster.LogTail(NodeDaemons.KubeletName));
        await cluster.WaitForFieldAsync("node", NodeCluster.NodeName, $".status.allocatable.{ThingPath}", "2");
        await cluster.ApplyAsync(DevicePod("device-three", Thing, 1));
        await cluster.WaitForPodReadyAsync("device-three");
        Assert.Equal(ids == "d0" ? "d1" : "d0", await cluster.KubectlAsync("exec", "device-three", "--", "sh", "-c", "echo $TEST_DEVICES"));
        Assert.Equal(container, await cluster.FieldAsync("pod", "device-one", ".status.containerStatuses[0].containerID"));
        Assert.Equal(OwnCpu, await CpusOfAsync("device-one"));
    }

    private async Task CheckHealthAsync(string folder)
    {
        var ids = await cluster.KubectlAsync("exec", "device-one", "--", "sh", "-c", "echo $TEST_DEVICES");
        await File.WriteAllTextAsync(Path.Combine(folder, "devices"), "d0 Healthy 0\nd1 Healthy 0\nd2 Unhealthy -\n".Replace(ids + " Healthy", ids + " Unhealthy", StringComparison.Ordinal));
        await cluster.WaitForFieldAsync("node", NodeCluster.NodeName, $".status.allocatable.{ThingPath}", "1");
        if ((await KubeBinaries.FindAsync()).AtLeast(36))
        {
            await cluster.WaitForFieldAsync("pod", "device-one", ".status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].health", "Unhealthy");
            Assert.Equal($"{Thing} {ids}", await cluster.FieldAsync("pod", "device-one", ".status.containerStatuses[0].allocatedResourcesStatus[0].name} {.status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].resourceID"));
        }
    }

    private async Task<TAnswer> PodResourcesAsync<TRequest, TAnswer>(string call, TRequest request, Google.Protobuf.MessageParser<TAnswer> parser)
        where TRequest : Google.Protobuf.IMessage
        where TAnswer : class, Google.Protobuf.IMessage<TAnswer>
    {
        using var channel = new GrpcChannel(Path.Combine(cluster.Daemons.Options.KubeletRoot, "pod-resources/kubelet.sock"), 1024 * 1024, TimeProvider.System, "the kubelet");
        return await channel.UnaryAsync(new GrpcMethod<TRequest, TAnswer>("v1.PodResourcesLister", call, parser), request, TimeSpan.FromSeconds(10), CancellationToken.None);
    }

    /// <summary>Where the container's processes may run, as one of them sees it.</summary>
    private Task<string> CpusOfAsync(string pod) => cluster.KubectlAsync("exec", pod, "--", "sh", "-c", "sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status");

    /// <param name="init">With an init container that has the same, and with a CPU of its own.</param>
    private static string DevicePod(string name, string resource, int count, bool init = false)
    {
        var cpus = init && Environment.ProcessorCount > 1 ? ", cpu: 1, memory: 32Mi" : "";
        var limits = $"resources: {{limits: {{{resource}: {count}{cpus}}}}}";
        var before = init ? "initContainers: [{name: init, image: $image, command: [sh, -c, 'echo $TEST_DEVICES'], " + limits + "}]" : "";
        return Pod(name, before, "command: [sleep, '3600'], " + limits);
    }

    private static string ClaimManifests => """
        apiVersion: resource.k8s.io/v1
        kind: ResourceClaim
        metadata: {name: dra-claim}
        spec: {devices: {requests: [{name: r, exactly: {deviceClassName: dra.test}}]}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: dra-pod}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          resourceClaims: [{name: c, resourceClaimName: dra-claim}]
          containers: [{name: main, image: $image, command: [sleep, "3600"], resources: {claims: [{name: c, request: r}]}}]
        """.Fill();

    private static string SliceManifest => """
        apiVersion: resource.k8s.io/v1
        kind: ResourceSlice
        metadata: {name: dra-slice}
        spec: {driver: dra.test, nodeName: $node, pool: {name: pool, generation: 1, resourceSliceCount: 1}, devices: [{name: dev0}]}
        """.Fill();

    private static string CpuPod(string name, string resources) => Pod(name, "", "command: [sleep, '3600'], " + resources);

    private static string Pod(string name, string before, string main) => $$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{name}}}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          {{before}}
          containers: [{name: main, image: $image, {{main}}}]

        """.Fill();
}
