using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.PodContents;

/// <summary>User namespaces of pods.</summary>
public sealed partial class ContainerdPodContentsTests
{
    private const string Users = "user namespaces of pods";
    private const long IdsPerPod = 65536;

    [FactOnContainerd(2, 0, 33, Users, "1.2")]
    public async Task UserNamespace_IsEachPodsOwn_AndItsRootIsNobodyOfTheHost()
    {
        await Cluster.ApplyAsync(string.Join("\n---\n", WithUsers("users-a", "36001"), WithUsers("users-b", "36002")));
        await Task.WhenAll(Cluster.WaitForPodReadyAsync("users-a"), Cluster.WaitForPodReadyAsync("users-b"));

        var (a, b) = (await FirstIdAsync("users-a"), await FirstIdAsync("users-b"));
        Assert.Equal(0, a % IdsPerPod);
        Assert.InRange(Math.Abs(a - b), IdsPerPod, long.MaxValue);
        Assert.Equal($"0 {a} {IdsPerPod}", await IdMapAsync("users-a", "gid_map"));
        Assert.Equal("0 0", await ExecAsync("users-a", "echo $(id -u) $(id -g)"));
        Assert.Equal($"{a} {a}", await HostIdsAsync("36001"));
        Assert.Equal($"{b} {b}", await HostIdsAsync("36002"));
        Assert.Equal("true", await Cluster.FieldAsync("node", EndToEnd.NodeCluster.NodeName, ".status.runtimeHandlers[?(@.name==\"\")].features.userNamespaces"));
        await Cluster.KubectlAsync("delete", "pod", "users-a", "users-b", "--wait=false", "--now");
    }

    [FactOnContainerd(2, 0, 33, Users, "1.2")]
    public async Task UserNamespace_VolumesShowTheOwnersOfTheirFiles_AndKeepThem()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Cluster.Daemons.Options.Folder, "users")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "before"), "");
        await Command.RunAsync("chown", ["1234:5678", Path.Combine(folder, "before")]);
        await Command.RunAsync("chmod", ["0777", folder]);
        await Cluster.ApplyAsync($$$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: users-volumes}
            spec:
              nodeName: $node
              hostUsers: false
              terminationGracePeriodSeconds: 1
              securityContext: {fsGroup: 2000}
              containers:
              - {name: main, image: $image, command: [sleep, "3600"], volumeMounts: &mounts [{name: disk, mountPath: /disk}, {name: memory, mountPath: /memory}, {name: map, mountPath: /map}, {name: secret, mountPath: /secret}, {name: all, mountPath: /all}, {name: host, mountPath: /host}, {name: disk, mountPath: /part, subPath: part}] }
              - {name: other, image: $image, command: [sh, -c, "echo done >/dev/termination-log; stat -c %u:%g /dev/termination-log; sleep 3600"], securityContext: {runAsUser: 1000, runAsGroup: 1500}, volumeMounts: *mounts}
              volumes:
              - {name: disk, emptyDir: {}}
              - {name: memory, emptyDir: {medium: Memory}}
              - {name: map, configMap: {name: settings}}
              - {name: secret, secret: {secretName: keys}}
              - {name: all, projected: {sources: [{serviceAccountToken: {path: token}}, {downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}}]}}
              - {name: host, hostPath: {path: {{{folder}}}, type: Directory}}
            """.Fill());
        await Cluster.WaitForPodReadyAsync("users-volumes");

        Assert.Equal("0:2000 0:2000 0:2000 0:2000 0:2000 0:2000 0:0 0:0", await OwnersAsync("main", "/disk /memory /map/color /secret/password /all/token /all/name /etc/hosts /etc/resolv.conf"));
        Assert.Equal("1234:5678", await OwnersAsync("main", "/host/before"));
        Assert.Equal("", await Cluster.KubectlAsync("exec", "users-volumes", "-c", "main", "--", "sh", "-c", "touch /disk/root /host/root /part/root /memory/root; chown 77:78 /disk/root"));
        Assert.Equal("blue", await Cluster.KubectlAsync("exec", "users-volumes", "-c", "other", "--", "sh", "-c", "touch /disk/other /host/other /part/other /memory/other; cat /map/color"));
        Assert.Equal("77:78 1000:2000", await OwnersAsync("other", "/disk/root /disk/other"));
        Assert.Equal("0:0", await Cluster.LogsAsync("users-volumes", "?container=other"));

        // On the host the files belong to whom the container says, not to the host's user that the container's process is.
        var disk = Path.Combine(Cluster.Daemons.Options.KubeletRoot, "pods", await Cluster.FieldAsync("pod", "users-volumes", ".metadata.uid"), "volumes/kubernetes.io~empty-dir/disk");
        Assert.Equal(["77:78", "1000:2000", "0:2000", "1000:2000", "0:0", "1000:1500"], await Task.WhenAll(
            HostOwnerAsync(disk, "root"), HostOwnerAsync(disk, "other"), HostOwnerAsync(disk, "part/root"), HostOwnerAsync(disk, "part/other"), HostOwnerAsync(folder, "root"), HostOwnerAsync(folder, "other")));
        await Cluster.KubectlAsync("delete", "pod", "users-volumes", "--wait=false", "--now");

        Task<string> OwnersAsync(string container, string files) => Cluster.KubectlAsync("exec", "users-volumes", "-c", container, "--", "sh", "-c", $"echo $(stat -L -c %u:%g {files})");
        static async Task<string> HostOwnerAsync(string folder, string file) => (await Command.RunAsync("stat", ["-c", "%u:%g", Path.Combine(folder, file)])).Output.Trim();
    }

    [FactOnContainerd(2, 0, 33, Users, "1.2")]
    public async Task UserNamespace_OutlivesTheKubelet_AndEndsWithThePod()
    {
        var failed = await CountedAsync("errors_total");
        await Cluster.ApplyAsync(WithUsers("users-stay", "36003"));
        await Cluster.WaitForPodReadyAsync("users-stay");
        var (before, container) = (await FirstIdAsync("users-stay"), await Cluster.FieldAsync("pod", "users-stay", ".status.containerStatuses[0].containerID"));
        var folder = Path.Combine(Cluster.Daemons.Options.KubeletRoot, "pods", await Cluster.FieldAsync("pod", "users-stay", ".metadata.uid"));
        Assert.Contains($"\"hostId\":{before}", await File.ReadAllTextAsync(Path.Combine(folder, "userns")), StringComparison.Ordinal);
        Assert.Equal(failed, await CountedAsync("errors_total"));

        await ManagedProcess.Find(NodeDaemons.KubeletName, Cluster.Daemons.Options.Folder)!.KillAsync();
        await Cluster.Daemons.StartKubeletAsync();
        await Cluster.ApplyAsync(WithUsers("users-later", "36004"));
        await Cluster.WaitForPodReadyAsync("users-later");

        Assert.Equal(before, await FirstIdAsync("users-stay"));
        Assert.InRange(Math.Abs(await FirstIdAsync("users-later") - before), IdsPerPod, long.MaxValue);
        Assert.Equal($"{container} 0", await Cluster.FieldAsync("pod", "users-stay", ".status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount"));
        Assert.Equal("1", await CountedAsync("total"));

        // A container that starts again under the new kubelet is in the sandbox's namespace.
        await ExecAsync("users-stay", "kill 1");
        await Cluster.WaitForFieldAsync("pod", "users-stay", ".status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready", "1 true");
        Assert.Equal(before, await FirstIdAsync("users-stay"));

        await Cluster.KubectlAsync("delete", "pod", "users-stay", "users-later", "--now");
        await Wait.UntilAsync("the pod's folder to be gone, and with it what says which ids it has", TimeSpan.FromSeconds(20), () => Task.FromResult(!Directory.Exists(folder)));
    }

    [FactOnContainerd(2, 0, 33, Users, "1.2")]
    public async Task UserNamespace_ThatCannotBeReadAgain_IsNamed_AndNobodyGetsIts_UntilItCan()
    {
        await Cluster.ApplyAsync(WithUsers("users-damaged", "36006"));
        await Cluster.WaitForPodReadyAsync("users-damaged");
        var (before, uid) = (await FirstIdAsync("users-damaged"), await Cluster.FieldAsync("pod", "users-damaged", ".metadata.uid"));
        var file = Path.Combine(Cluster.Daemons.Options.KubeletRoot, "pods", uid, "userns");
        var content = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, "{");

        await ExecAsync("users-damaged", "kill 1");
        await Cluster.ApplyAsync(WithUsers("users-refused", "36007"));
        var named = $"which users pod {uid} has is not known: checkpoint {file} is damaged: ";
        await Cluster.EventAsync("users-damaged", "Failed", "Error: " + named);
        await Cluster.EventAsync("users-refused", "FailedCreatePodSandBox", named);

        await File.WriteAllTextAsync(file, content);
        await Task.WhenAll(Cluster.WaitForPodReadyAsync("users-damaged"), Cluster.WaitForPodReadyAsync("users-refused"));
        Assert.Equal(before, await FirstIdAsync("users-damaged"));
        await Cluster.KubectlAsync("delete", "pod", "users-damaged", "users-refused", "--wait=false", "--now");
    }

    // With the gate UserNamespacesHostNetworkSupport of the API server and of the kubelet.
    [FactOnContainerd(2, 3, 36, "a user namespace on the host's network", "1.2")]
    public async Task UserNamespace_OnTheHostsNetwork_IsThePodsOwnToo()
    {
        await Cluster.ApplyAsync(WithUsers("users-on-host", "36005", "hostNetwork: true"));
        await Cluster.WaitForPodReadyAsync("users-on-host");

        await FirstIdAsync("users-on-host");
        Assert.Equal(Cluster.Network.Address, await Cluster.FieldAsync("pod", "users-on-host", ".status.podIP"));
        Assert.Contains("UserNamespacesHostNetworkSupport", await Cluster.FieldAsync("node", EndToEnd.NodeCluster.NodeName, ".status.declaredFeatures"), StringComparison.Ordinal);
        await Cluster.KubectlAsync("delete", "pod", "users-on-host", "--wait=false", "--now");
    }

    private static string WithUsers(string name, string seconds, string more = "hostNetwork: false") => $$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{name}}}
        spec:
          nodeName: $node
          hostUsers: false
          {{more}}
          terminationGracePeriodSeconds: 1
          containers: [{name: main, image: $image, command: [sh, -c, "trap 'exit 0' TERM; sleep {{seconds}} & wait"]}]
        """.Fill();

    private Task<string> ExecAsync(string pod, string script) => Cluster.KubectlAsync("exec", pod, "--", "sh", "-c", script);

    private async Task<string> IdMapAsync(string pod, string file) => string.Join(' ', (await ExecAsync(pod, "cat /proc/self/" + file)).Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The host's user that is the container's root; fails unless the container has one range of 65536 from 0 on.</summary>
    private async Task<long> FirstIdAsync(string pod)
    {
        var map = (await IdMapAsync(pod, "uid_map")).Split(' ');
        Assert.Equal(["0", "65536"], [map[0], map[2]]);
        var first = long.Parse(map[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(first, IdsPerPod, uint.MaxValue);
        return first;
    }

    /// <summary>User and group, as the host has them, of the process that sleeps so long.</summary>
    private static async Task<string> HostIdsAsync(string seconds)
    {
        var processes = Directory.EnumerateDirectories("/proc").Where(p => File.Exists(p + "/cmdline") && ReadOrEmpty(p + "/cmdline") == $"sleep\0{seconds}\0").ToList();
        var status = await File.ReadAllLinesAsync(Assert.Single(processes) + "/status");
        return string.Join(' ', ((string[])["Uid:", "Gid:"]).Select(f => status.Single(l => l.StartsWith(f, StringComparison.Ordinal)).Split('\t')[1]));

        static string ReadOrEmpty(string path)
        {
            try
            {
                return File.ReadAllText(path);
            }
            catch (IOException)
            {
                return "";
            }
        }
    }

    private async Task<string?> CountedAsync(string name) =>
        (await Cluster.KubectlAsync("get", "--raw", $"/api/v1/nodes/{EndToEnd.NodeCluster.NodeName}/proxy/metrics")).Split('\n')
            .Single(l => l.StartsWith($"kubelet_started_user_namespaced_pods_{name} ", StringComparison.Ordinal)).Split(' ')[1];
}
