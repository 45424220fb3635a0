using NodeAgent.Cluster.Tests.EndToEnd;

namespace NodeAgent.Cluster.Tests.PodContents;

/// <summary>The cgroups of whole pods, as the kernel has them, and what the kind of sandbox adds to them.</summary>
public abstract partial class PodContentsTests
{
    [Theory]
    [InlineData("guaranteed", "cpu", "cpu.shares", "204", "cpu.weight", "8")]
    [InlineData("guaranteed", "cpu", "cpu.cfs_quota_us", "20000", "cpu.max", "20000 100000")]
    [InlineData("guaranteed", "memory", "memory.limit_in_bytes", "50331648", "memory.max", "50331648")]
    [InlineData("burstable", "cpu", "cpu.shares", "102", "cpu.weight", "4")]
    [InlineData("burstable", "cpu", "cpu.cfs_quota_us", "-1", "cpu.max", "max 100000")]
    [InlineData("burstable", "memory", "memory.limit_in_bytes", "33554432", "memory.max", "33554432")]
    [InlineData("best-effort", "cpu", "cpu.shares", "2", "cpu.weight", "1")]
    public async Task CgroupOfAPod_HasTheSumOfItsContainers(string pod, string controller, string file, string expected, string unifiedFile, string unifiedExpected) =>
        Assert.Equal(IsUnified ? unifiedExpected : expected, await PodCgroupAsync(pod, controller, IsUnified ? unifiedFile : file));

    [Fact]
    public void CgroupsOfTheSystemAndOfAllPods_ShareTheCpusAsReserved()
    {
        var all = (Environment.ProcessorCount * 1000) - 100;
        Assert.Equal(IsUnified ? "4" : "102", Cpu(cluster.ReservedCgroup));
        Assert.Equal(IsUnified ? Weight(all * 1024 / 1000) : $"{all * 1024 / 1000}", Cpu(cluster.CgroupRoot + "/kubepods"));

        string Cpu(string cgroup) => File.ReadAllText(IsUnified ? $"/sys/fs/cgroup{cgroup}/cpu.weight" : $"/sys/fs/cgroup/cpu{cgroup}/cpu.shares").Trim();

        // The kernel's own conversion.
        static string Weight(int shares) => $"{1 + ((shares - 2L) * 9999 / 262142)}";
    }

    [Fact]
    public async Task RuntimeClass_NamesTheHandler_AndAddsItsOverheadToThePod()
    {
        await cluster.ApplyAsync("""
            apiVersion: node.k8s.io/v1
            kind: RuntimeClass
            metadata: {name: heavy}
            handler: runc
            overhead: {podFixed: {cpu: 50m, memory: 16Mi}}
            ---
            apiVersion: node.k8s.io/v1
            kind: RuntimeClass
            metadata: {name: unknown}
            handler: nobody-has-this
            """);
        await cluster.ApplyAsync(OfClass("heavy") + "\n---\n" + OfClass("unknown"));

        await cluster.EventAsync("of-unknown", "FailedCreatePodSandBox", "nobody-has-this");
        await cluster.WaitForPodReadyAsync("of-heavy");
        Assert.Equal(IsUnified ? "15000 100000" : "15000", await PodCgroupAsync("of-heavy", "cpu", IsUnified ? "cpu.max" : "cpu.cfs_quota_us"));
        Assert.Equal("50331648", await PodCgroupAsync("of-heavy", "memory", IsUnified ? "memory.max" : "memory.limit_in_bytes"));
        Assert.Equal("33554432", await cluster.KubectlAsync("exec", "of-heavy", "--", "cat", IsUnified ? "/sys/fs/cgroup/memory.max" : "/sys/fs/cgroup/memory/memory.limit_in_bytes"));
        await cluster.KubectlAsync("delete", "pod", "of-heavy", "of-unknown", "--wait=false", "--now");

        static string OfClass(string name) => $$$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: of-{{{name}}}}
            spec:
              nodeName: $node
              runtimeClassName: {{{name}}}
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: $image, command: [sleep, "3600"], resources: {limits: {cpu: 100m, memory: 32Mi}} }]
            """.Fill();
    }

    [FactSince(33, "hostUsers that is not behind a gate")]
    public async Task Security_ThatTheHostCannotGive_IsRefusedByName()
    {
        await cluster.ApplyAsync("""
            apiVersion: v1
            kind: Pod
            metadata: {name: own-users}
            spec:
              nodeName: $node
              hostUsers: false
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: $image, command: [sleep, "3600"]}]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: armored}
            spec:
              nodeName: $node
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: $image, command: [sleep, "3600"], securityContext: {appArmorProfile: {type: RuntimeDefault}} }]
            """.Fill());

        if (await cluster.FieldAsync("node", NodeCluster.NodeName, ".status.runtimeHandlers[?(@.name==\"\")].features.userNamespaces") == "true")
        {
            await cluster.WaitForPodReadyAsync("own-users");
        }
        else
        {
            await cluster.EventAsync("own-users", "FailedCreatePodSandBox", "can't set `spec.hostUsers: false`: the container engine does not support user namespaces");
        }

        await cluster.WaitForFieldAsync("pod", "armored", ".status.phase} {.status.reason} {.status.message", "Failed AppArmor Pod was rejected: Cannot enforce AppArmor: AppArmor is not enabled on the host");
        await cluster.KubectlAsync("delete", "pod", "own-users", "armored", "--wait=false", "--now");
    }

    private async Task<string> PodCgroupAsync(string pod, string controller, string file)
    {
        var root = (IsUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/" + controller) + cluster.CgroupRoot;
        var folder = Directory.GetDirectories(root, "pod" + await cluster.FieldAsync("pod", pod, ".metadata.uid"), SearchOption.AllDirectories).Single();
        return (await File.ReadAllTextAsync(Path.Combine(folder, file))).Trim();
    }
}
