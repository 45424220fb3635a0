using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>The order of a pod's end, measured from outside: by a container that writes down its signals, by the endpoints, by the host.</summary>
public abstract partial class PodLifeTests
{
    private const double GraceOfOrdered = 12;

    private static readonly PodManifest[] TerminationPods =
    [
        new("ordered", """
            terminationGracePeriodSeconds: 12
            volumes: [{name: marks, hostPath: {path: MARKS}}, {name: cache, emptyDir: {medium: Memory}}]
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'trap "cut -d\" \" -f1 /proc/uptime >/marks/term; exit 0" TERM; while true; do sleep 100 & wait $!; done']
              lifecycle: {preStop: {exec: {command: [sh, -c, 'cut -d" " -f1 /proc/uptime >/marks/hook; until test -f /marks/go; do sleep 0.1; done']}}}
              volumeMounts: [{name: marks, mountPath: /marks}, {name: cache, mountPath: /cache}]
            - name: stubborn
              image: IMAGE
              command: [sh, -c, 'm() { cut -d" " -f1 /proc/uptime >>/marks/$1; }; trap "m stubborn-term" TERM; while true; do sleep 0.1; test -f /marks/stubborn-term && m alive; done']
              volumeMounts: [{name: marks, mountPath: /marks}, {name: cache, mountPath: /cache}]
            """),
    ];

    [Fact]
    public async Task EndOfAPod_GoesInItsOrder()
    {
        var pod = await ReadyAsync("ordered");
        await cluster.ApplyAsync("apiVersion: v1\nkind: Service\nmetadata: {name: ordered, namespace: default}\nspec: {selector: {pod: ordered}, ports: [{port: 80}]}\n");
        await cluster.WaitForFieldAsync("endpoints", "ordered", ".subsets[*].addresses[*].ip", pod.Status.PodIP);
        var folder = Path.Combine(cluster.Daemons.Options.KubeletRoot, "pods", pod.Metadata.Uid);
        var cgroups = CgroupsOf(pod.Metadata.Uid).Where(Directory.Exists).ToList();
        Assert.True(Directory.Exists(Path.Combine(folder, "volumes")));
        Assert.NotEmpty(cgroups);

        var asked = Uptime();
        await DeleteAsync("ordered");
        await WaitForMarkAsync("ordered", "hook");
        await cluster.WaitForFieldAsync("endpoints", "ordered", ".subsets[*].addresses[*].ip", "");
        Assert.Empty(cluster.Marks("ordered", "term")); // Out of the endpoints while the hook still holds the signal back.
        await File.WriteAllTextAsync(Path.Combine(cluster.MarksFolder, "ordered", "go"), "");
        await History.WaitUntilGoneAsync("ordered");

        // What the object's end promises is true at once, not soon.
        Assert.DoesNotContain(await cluster.Engine.Runtime.ListContainersAsync(null, CancellationToken.None), c =>
            c.State == ContainerState.ContainerRunning && c.Labels.TryGetValue("io.kubernetes.pod.uid", out var uid) && uid == pod.Metadata.Uid);
        Assert.False(Directory.Exists(Path.Combine(folder, "volumes", "kubernetes.io~empty-dir", "cache")), "a volume was still there when the object was gone");
        Assert.DoesNotContain(cgroups, Directory.Exists);

        Assert.Contains(History.Of("ordered"), p => p.Metadata.DeletionTimestamp is not null && Container(p)?.State.Running is not null);
        Assert.True(Mark("ordered", "hook") <= Mark("ordered", "term"), "SIGTERM came before the hook");
        Assert.True(Mark("ordered", "stubborn-term") >= asked, "SIGTERM came before the deletion");
        Assert.True(Mark("ordered", "stubborn-term") - asked < GraceOfOrdered / 2, "a container without a hook waited for that of another one");
        Assert.InRange(AllMarks("ordered", "alive")[^1] - asked, GraceOfOrdered - 1, GraceOfOrdered + 15);
    }

    private IEnumerable<string> CgroupsOf(string uid) =>
        from hierarchy in (string[])["/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/pids"]
        select $"{hierarchy}{cluster.Daemons.Options.CgroupRoot}/kubepods/besteffort/pod{uid}";
}
