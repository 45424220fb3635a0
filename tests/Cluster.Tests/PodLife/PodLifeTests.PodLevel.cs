namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>Resources of a pod as a whole.</summary>
public abstract partial class PodLifeTests
{
    private const int PodLevelSince = 34;
    private const int PodLevelResizeSince = 36;
    private const string OwnMemoryLimit = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max";

    private static readonly PodManifest[] PodLevelPods =
    [
        new("pod-level", """
            terminationGracePeriodSeconds: 1
            resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {cpu: 200m, memory: 64Mi}}
            containers:
            - name: main
              image: IMAGE
              command: [sleep, "3600"]
              env:
              - {name: LIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
            - name: own
              image: IMAGE
              command: [sleep, "3600"]
              resources: {requests: {memory: 8Mi}, limits: {memory: 16Mi}}
            """, PodLevelSince),
        new("pod-level-resized", """
            terminationGracePeriodSeconds: 1
            resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {cpu: 200m, memory: 64Mi}}
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """, PodLevelResizeSince),
    ];

    [FactSince(PodLevelSince, "resources of pods")]
    public async Task PodLevelResources_AreThePodsCgroup_AndTheLimitsOfContainersWithoutOwn()
    {
        var pod = await ReadyAsync("pod-level");

        Assert.Equal("Burstable", pod.Status.QosClass);
        Assert.Equal("67108864", MemoryLimitOfPod(pod));
        Assert.Equal("67108864", await cluster.KubectlAsync("exec", "pod-level", "-c", "main", "--", "sh", "-c", OwnMemoryLimit));
        Assert.Equal("16777216", await cluster.KubectlAsync("exec", "pod-level", "-c", "own", "--", "sh", "-c", OwnMemoryLimit));
        Assert.Equal("67108864", await cluster.KubectlAsync("exec", "pod-level", "-c", "main", "--", "sh", "-c", "echo $LIMIT"));
    }

    [FactSince(PodLevelResizeSince, "in-place resize of resources of pods")]
    public async Task PodLevelResize_ReachesThePodsCgroupAndItsContainers_WithoutARestart()
    {
        var before = await ReadyAsync("pod-level-resized");
        Assert.Equal(("64Mi", "32Mi"), (before.Status.Resources.Limits["memory"].String, before.Status.AllocatedResources["memory"].String));

        await ResizeAsync("pod-level-resized", """{"spec":{"resources":{"requests":{"memory":"48Mi"},"limits":{"memory":"96Mi"}}}}""");

        var pod = await History.WaitAsync("pod-level-resized", "to have more", p => p.Status.Resources?.Limits.GetValueOrDefault("memory")?.String == "96Mi" && ConditionOf(p, "PodResizeInProgress") is null);
        Assert.Equal("48Mi", pod.Status.AllocatedResources["memory"].String);
        Assert.Equal((Container(before)!.ContainerID, 0), (Container(pod)!.ContainerID, Container(pod)!.RestartCount));
        Assert.Equal("100663296", MemoryLimitOfPod(pod));
        Assert.Equal("100663296", await cluster.KubectlAsync("exec", "pod-level-resized", "--", "sh", "-c", OwnMemoryLimit));
        await History.WaitForEventAsync("pod-level-resized", "ResizeCompleted", "Pod resize completed");
    }

    private string MemoryLimitOfPod(NodeAgent.KubeApi.Core.V1.Pod pod) =>
        cluster.PodCgroupFile("burstable", pod.Metadata.Uid, "memory", File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "memory.max" : "memory.limit_in_bytes");
}
