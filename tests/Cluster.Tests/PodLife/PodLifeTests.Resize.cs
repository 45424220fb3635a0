using System.Text;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>Resources that change while the pod runs.</summary>
public abstract partial class PodLifeTests
{
    private const int ResizeSince = 33;

    private static readonly PodManifest[] ResizePods =
    [
        new("resized", """
            terminationGracePeriodSeconds: 1
            containers:
            - name: main
              image: IMAGE
              command: [sleep, "3600"]
              resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 50m, memory: 32Mi}}
            - name: restarted
              image: IMAGE
              command: [sleep, "3600"]
              resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]
              resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 50m, memory: 32Mi}}
            """, ResizeSince),
        new("resized-too-far", """
            terminationGracePeriodSeconds: 1
            containers:
            - name: main
              image: IMAGE
              command: [sleep, "3600"]
              resources: {requests: {cpu: 10m, memory: 16Mi}}
            """, ResizeSince),
    ];

    [FactSince(ResizeSince, "in-place resize")]
    public async Task Resize_OfARunningContainer_NeedsNoRestart()
    {
        var before = await ReadyAsync("resized");
        await ResizeAsync("resized", """{"spec":{"containers":[{"name":"main","resources":{"requests":{"cpu":"20m"},"limits":{"cpu":"100m","memory":"64Mi"}}}]}}""");

        var pod = await History.WaitAsync("resized", "its container to have more", p => Container(p)?.Resources?.Limits.GetValueOrDefault("memory")?.String == "64Mi");
        Assert.Equal(Container(before)!.ContainerID, Container(pod)!.ContainerID);
        Assert.Equal(("100m", "20m"), (Container(pod)!.Resources.Limits["cpu"].String, Container(pod)!.AllocatedResources["cpu"].String));
        await History.WaitForEventAsync("resized", "ResizeCompleted", "Pod resize completed");
        Assert.Equal("67108864", await cluster.KubectlAsync("exec", "resized", "-c", "main", "--", "sh", "-c", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"));
        await History.WaitAsync("resized", "the resize to be over", p => Container(p)?.Resources?.Limits["cpu"].String == "100m" && ConditionOf(p, "PodResizeInProgress") is null);

        await ResizeAsync("resized", """{"spec":{"containers":[{"name":"restarted","resources":{"limits":{"memory":"48Mi"}}}]}}""");
        var restarted = await History.WaitAsync("resized", "the other container to be restarted", p => Container(p, "restarted") is { RestartCount: 1, State.Running: not null });
        Assert.Equal("48Mi", Container(restarted, "restarted")!.Resources.Limits["memory"].String);
        Assert.Equal(0, Container(restarted)!.RestartCount);
    }

    [FactSince(ResizeSince, "in-place resize")]
    public async Task Resize_ForWhichThereIsNoRoomNow_IsDeferred()
    {
        await ReadyAsync("resized-too-far");
        var all = await cluster.FieldAsync("node", NodeAgent.Cluster.Tests.EndToEnd.NodeCluster.NodeName, ".status.allocatable.cpu");
        await ResizeAsync("resized-too-far", $$$$"""{"spec":{"containers":[{"name":"main","resources":{"requests":{"cpu":"{{{{all}}}}"}}}]}}""");

        var pod = await History.WaitAsync("resized-too-far", "to be told so", p => ConditionOf(p, "PodResizePending") is not null);
        Assert.Equal(("True", "Deferred"), (ConditionOf(pod, "PodResizePending")!.Status, ConditionOf(pod, "PodResizePending")!.Reason));
        Assert.StartsWith("Node didn't have enough resource: cpu, requested: ", ConditionOf(pod, "PodResizePending")!.Message, StringComparison.Ordinal);
        Assert.Equal("10m", Container(pod)!.AllocatedResources["cpu"].String);
        await History.WaitForEventAsync("resized-too-far", "ResizeDeferred", "Pod resize Deferred");
    }

    private Task ResizeAsync(string name, string patch) => cluster.Client.PatchAsync(
        NodeAgent.KubeApi.Resources.Pods, "default", name, NodeAgent.KubeApi.Client.PatchType.StrategicMerge, Encoding.UTF8.GetBytes(patch), CancellationToken.None, "resize");
}
