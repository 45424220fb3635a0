using System.Text.Json;
using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.Cluster.Tests.KubeletServer;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.PodContents;

/// <summary>What containers get, as read inside them. Run on each container engine.</summary>
public abstract partial class PodContentsTests(ContentsCluster cluster)
{
    private protected ContentsCluster Cluster => cluster;

    [Theory]
    [InlineData("/cm/deep/color", "640 0 2000")]
    [InlineData("/cm/blob", "640 0 2000")]
    [InlineData("/secret/password", "440 0 2000")]
    [InlineData("/all/token", "640 0 2000")]
    [InlineData("/all/color", "444 0 2000")]
    [InlineData("/all/password", "440 0 2000")]
    [InlineData("/downward/labels", "644 0 2000")]
    [InlineData("/none", "2777 0 2000")]
    [InlineData("/disk", "2777 0 2000")]
    [InlineData("/memory", "3777 0 2000")]
    [InlineData("/secret", "3777 0 2000")]
    [InlineData("/cm", "2777 0 2000")]
    public void FileOfAVolume_HasModeAndOwner(string file, string expected) => Assert.Equal(expected, cluster.Value("volumes/files", "mode " + file));

    [Theory]
    [InlineData("id", "1000 1500 1500 2000 3000")]
    [InlineData("cm color", "blue")]
    [InlineData("cm entries", "blob deep ")]
    [InlineData("cm link", "..data/deep ..20")]
    [InlineData("secret", "hunter2")]
    [InlineData("secret fs", "tmpfs")]
    [InlineData("memory fs", "tmpfs")]
    [InlineData("memory size", "8192")]
    [InlineData("overfull", "1")]
    [InlineData("cm writable", "1")]
    [InlineData("disk write", "2000")]
    [InlineData("labels", "app=\"volumes\"")]
    [InlineData("cpu", "250")]
    [InlineData("token parts", "3")]
    public void Volume_HoldsWhatItIsToHold(string name, string expected) => Assert.Equal(expected, cluster.Value("volumes/files", name));

    /// <summary>Kernels know how to since 6.4.</summary>
    [Fact]
    public void VolumeInMemory_IsNeverSwappedOut() =>
        Assert.Equal(Environment.OSVersion.Version >= new Version(6, 4), cluster.Value("volumes/files", "memory options")!.Contains("noswap", StringComparison.Ordinal));

    [Theory]
    [InlineData("inner", "one")]
    [InlineData("throughlink", "one")]
    [InlineData("file", "blue")]
    [InlineData("byname", "2777 2000")]
    [InlineData("byname write", "hello")]
    [InlineData("readonly", "1")]
    public void PartOfAVolume_IsMounted(string name, string expected) => Assert.Equal(expected, cluster.Value("volumes/parts", name));

    [Fact]
    public async Task Token_IsBoundToThePodAndItsAudience()
    {
        var claims = JsonDocument.Parse(cluster.Value("volumes/files", "token claims")!).RootElement;

        Assert.Equal("vault", claims.GetProperty("aud")[0].GetString());
        Assert.InRange(claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64(), 595, 605);
        Assert.Equal(cluster.Value("volumes/files", "uid"), claims.GetProperty("kubernetes.io").GetProperty("pod").GetProperty("uid").GetString());
        Assert.Equal(await cluster.FieldAsync("pod", "volumes", ".metadata.uid"), cluster.Value("volumes/files", "uid"));
    }

    [Theory]
    [InlineData("CFG_color", "blue")]
    [InlineData("CFG_WITH_PREFIX", "prefixed")]
    [InlineData("token", "abc")]
    [InlineData("password", "overridden")]
    [InlineData("PLAIN", "plain")]
    [InlineData("TWICE", "plain-blue-$(PLAIN)-$(LATER)")]
    [InlineData("DB", "10.96.77.1")]
    [InlineData("POD_NAME", "environment")]
    [InlineData("POD_NS", "default")]
    [InlineData("POD_LABEL", "environment")]
    [InlineData("NODE", NodeCluster.NodeName)]
    [InlineData("ACCOUNT", "default")]
    [InlineData("CPU", "2")]
    [InlineData("CPU_MILLI", "100")]
    [InlineData("MEMORY_MI", "32")]
    [InlineData("KEY", "7")]
    [InlineData("SECRET", "abc")]
    [InlineData("NO_KEY", null)]
    [InlineData("NO_MAP", null)]
    [InlineData("MY_DB_SERVICE_HOST", "10.96.77.1")]
    [InlineData("MY_DB_SERVICE_PORT", "5432")]
    [InlineData("MY_DB_SERVICE_PORT_SQL", "5432")]
    [InlineData("MY_DB_PORT", "tcp://10.96.77.1:5432")]
    [InlineData("MY_DB_PORT_81_UDP_PROTO", "udp")]
    [InlineData("KUBERNETES_SERVICE_PORT", "443")]
    [InlineData("HOSTNAME", "environment")]
    [InlineData("args", "plain $(PLAIN) $(MISSING)")]
    public void Variable_HasItsValue(string name, string? expected) => Assert.Equal(expected, cluster.Value("environment/all", name));

    [Fact]
    public async Task Variables_OfAddresses_AreThoseOfTheStatus()
    {
        Assert.Equal(await cluster.FieldAsync("pod", "environment", ".status.podIP"), cluster.Value("environment/all", "POD_IP"));
        Assert.Equal(cluster.Network.Address, cluster.Value("environment/all", "HOST_IP"));
    }

    [Fact]
    public void ServiceVariables_WithoutLinks_AreTheApiServersAlone()
    {
        Assert.NotNull(cluster.Value("no-links/all", "KUBERNETES_SERVICE_HOST"));
        Assert.Null(cluster.Value("no-links/all", "MY_DB_SERVICE_HOST"));
    }

    [Fact]
    public async Task Hosts_AreManaged()
    {
        var ip = await cluster.FieldAsync("pod", "names", ".status.podIP");

        Assert.Equal("box", cluster.Value("names/all", "hostname"));
        Assert.Equal(
            [
                "hosts # Kubernetes-managed hosts file.",
                "hosts 127.0.0.1\tlocalhost",
                "hosts ::1\tlocalhost ip6-localhost ip6-loopback",
                "hosts fe00::0\tip6-localnet",
                "hosts fe00::0\tip6-mcastprefix",
                "hosts fe00::1\tip6-allnodes",
                "hosts fe00::2\tip6-allrouters",
                $"hosts {ip}\tbox.sub.default.svc.cluster.local\tbox",
                "hosts ",
                "hosts # Entries added by HostAliases.",
                "hosts 10.9.9.9\tone.example\ttwo.example",
            ],
            cluster.Lines("names/all").Where(l => l.StartsWith("hosts", StringComparison.Ordinal)).Select(l => l == "hosts" ? "hosts " : l));
    }

    [Fact]
    public void Hosts_OnTheHostsNetwork_AreTheHostsAndTheAliases()
    {
        var hosts = cluster.Lines("host-net/all").Where(l => l.StartsWith("hosts ", StringComparison.Ordinal)).ToList();

        Assert.Equal("hosts # Kubernetes-managed hosts file (host network).", hosts[0]);
        Assert.Equal("hosts 10.9.9.9\tone.example", hosts[^1]);
        Assert.Contains(File.ReadLines("/etc/hosts").Select(l => "hosts " + l), hosts.Contains);
    }

    [Theory]
    [InlineData("names/all")]
    [InlineData("host-net/all")]
    public void Resolver_OfTheCluster_IsThePods(string container)
    {
        var lines = cluster.Lines(container).Where(l => l.StartsWith("resolv ", StringComparison.Ordinal)).ToList();

        Assert.Contains("resolv nameserver 10.96.0.10", lines);
        Assert.Contains(lines, l => l.StartsWith("resolv search default.svc.cluster.local svc.cluster.local cluster.local", StringComparison.Ordinal));
        Assert.Contains("resolv options ndots:5", lines);
    }

    [Fact]
    public void Resolver_OfThePodsOwn_HoldsThatAlone()
    {
        Assert.Equal("box.sub.default.svc.cluster.local", cluster.Value("full-name/all", "hostname"));
        Assert.Equal(
            ["resolv nameserver 10.1.1.1", "resolv nameserver 10.1.1.2", "resolv nameserver 10.1.1.3", "resolv options ndots:2 edns0", "resolv search a.example b.example"],
            cluster.Lines("full-name/all").Where(l => l.StartsWith("resolv ", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Hostname_ThatIsTooLong_IsCut() => Assert.Equal(
        "a-name-that-is-longer-than-the-sixty-three-letters-of-a-host-na",
        cluster.Value("a-name-that-is-longer-than-the-sixty-three-letters-of-a-host-name-so-cut/all", "hostname"));

    [Theory]
    [InlineData("default", "id", "0:0")]
    [InlineData("default", "NoNewPrivs", "0")]
    [InlineData("default", "Seccomp", "0")]
    [InlineData("default", "CapEff", "00000000a80425fb")]
    [InlineData("default", "sysctl", "81")]
    [InlineData("default", "masked", "0 0")]
    [InlineData("tight", "id", "4242:4343")]
    [InlineData("tight", "NoNewPrivs", "1")]
    [InlineData("tight", "Seccomp", "2")]
    [InlineData("tight", "CapBnd", "0000000000000000")]
    [InlineData("tight", "root", "1")]
    [InlineData("added", "Seccomp", "0")]
    [InlineData("added", "CapBnd", "00000000a80435fa")]
    [InlineData("profile", "Seccomp", "2")]
    [InlineData("profile", "mkdir", "1")]
    public void Container_RunsWithItsIdentity(string container, string name, string expected) => Assert.Equal(expected, cluster.Value("security/" + container, name));

    [Theory]
    [InlineData("guaranteed", "cpu/cpu.shares", "204", "cpu.weight", "8")]
    [InlineData("guaranteed", "cpu/cpu.cfs_quota_us", "20000", "cpu.max", "20000 100000")]
    [InlineData("guaranteed", "memory/memory.limit_in_bytes", "50331648", "memory.max", "50331648")]
    [InlineData("burstable", "cpu/cpu.shares", "102", "cpu.weight", "4")]
    [InlineData("burstable", "cpu/cpu.cfs_quota_us", "-1", "cpu.max", "max 100000")]
    [InlineData("burstable", "memory/memory.limit_in_bytes", "33554432", "memory.max", "33554432")]
    [InlineData("best-effort", "cpu/cpu.shares", "2", "cpu.weight", "1")]
    public void Container_HasItsResources(string pod, string file, string expected, string unifiedFile, string unifiedExpected) =>
        Assert.Equal(IsUnified ? unifiedExpected : expected, cluster.Value(pod + "/all", IsUnified ? unifiedFile : file));

    private static bool IsUnified => File.Exists("/sys/fs/cgroup/cgroup.controllers");

    public static string Broken => """
        apiVersion: v1
        kind: Pod
        metadata: {name: no-map}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          containers: [{name: main, image: $image, command: [sleep, "3600"], envFrom: [{configMapRef: {name: later}}]}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: no-key}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          containers: [{name: main, image: $image, command: [sleep, "3600"], env: [{name: A, valueFrom: {secretKeyRef: {name: keys, key: nothing}}}]}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: no-volume}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          containers: [{name: main, image: $image, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}, {name: w, mountPath: /w}]}]
          volumes: [{name: v, secret: {secretName: later}}, {name: w, configMap: {name: settings, items: [{key: nothing, path: x}]}}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: no-folder}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          containers: [{name: main, image: $image, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}]}]
          volumes: [{name: v, hostPath: {path: /etc/hosts, type: Directory}}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: is-root}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          securityContext: {runAsNonRoot: true}
          containers: [{name: main, image: $image, command: [sleep, "3600"]}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: escapes}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          initContainers: [{name: init, image: $image, command: [sh, -c, "ln -s /etc /v/evil; ln -s ../../.. /v/up"], volumeMounts: [{name: v, mountPath: /v}]}]
          containers: [{name: main, image: $image, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v, subPath: evil}]}, {name: up, image: $image, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v, subPath: up/etc}]}]
          volumes: [{name: v, emptyDir: {}}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: unsafe-sysctl}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          securityContext: {sysctls: [{name: kernel.msgmax, value: "65536"}]}
          containers: [{name: main, image: $image, command: [sleep, "3600"]}]
        """.Fill();

    [Fact]
    public async Task WrongConfig_IsNamed_AndThePodGoesOnWhenItIsMended()
    {
        await cluster.ApplyAsync(Broken);
        async Task WaitsAsync(string pod, string message)
        {
            await cluster.WaitForFieldAsync("pod", pod, ".status.containerStatuses[0].state.waiting.reason", "CreateContainerConfigError");
            Assert.Contains(message, await cluster.FieldAsync("pod", pod, ".status.containerStatuses[0].state.waiting.message"), StringComparison.Ordinal);
        }

        await Task.WhenAll(
            WaitsAsync("no-map", "configmap \"later\" not found"),
            WaitsAsync("no-key", "couldn't find key nothing in Secret default/keys"),
            WaitsAsync("is-root", "container has runAsNonRoot and image will run as root"),
            WaitsAsync("escapes", "failed to prepare subPath for volumeMount \"v\" of container \"main\""),
            cluster.EventAsync("no-map", "Failed", "Error: configmap \"later\" not found"),
            cluster.EventAsync("escapes", "Failed", "failed to prepare subPath for volumeMount \"v\" of container \"up\""),
            cluster.EventAsync("no-volume", "FailedMount", "MountVolume.SetUp failed for volume \"v\" : secret \"later\" not found"),
            cluster.EventAsync("no-volume", "FailedMount", "MountVolume.SetUp failed for volume \"w\" : configmap references non-existent config key: nothing"),
            cluster.EventAsync("no-folder", "FailedMount", "MountVolume.SetUp failed for volume \"v\" : hostPath type check failed: /etc/hosts is not a directory"),
            cluster.EventAsync("unsafe-sysctl", "SysctlForbidden", "forbidden sysctl: \"kernel.msgmax\" not allowlisted"));
        Assert.Equal("Failed", await cluster.FieldAsync("pod", "unsafe-sysctl", ".status.phase"));

        await cluster.KubectlAsync("create", "configmap", "later", "--from-literal=a=b");
        await cluster.KubectlAsync("create", "secret", "generic", "later", "--from-literal=a=b");
        await cluster.KubectlAsync("patch", "configmap", "settings", "-p", """{"data": {"nothing": "now"}}""");
        await cluster.KubectlAsync("patch", "secret", "keys", "-p", """{"stringData": {"nothing": "now"}}""");
        await Task.WhenAll(cluster.WaitForPodReadyAsync("no-map"), cluster.WaitForPodReadyAsync("no-key"), cluster.WaitForPodReadyAsync("no-volume"));
        await cluster.KubectlAsync("delete", "pod", "no-map", "no-key", "no-volume", "no-folder", "is-root", "escapes", "unsafe-sysctl", "--wait=false", "--now");
    }

    [Fact]
    public async Task ChangedConfigMap_ReachesTheFile_AtOnceAndWhole()
    {
        await cluster.ApplyAsync("""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: moving}
            data: {one: "1", two: "1"}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: watcher}
            spec:
              nodeName: $node
              terminationGracePeriodSeconds: 1
              containers:
              - name: main
                image: $image
                command: [sh, -c, 'cd /v; while true; do d=$(readlink ..data); a=$(cat $d/one 2>/dev/null); b=$(cat $d/two 2>/dev/null); [ "$a" = "$b" ] || { [ "$d" = "$(readlink ..data)" ] && echo torn $a $b; }; [ "$a" != "$c" ] && echo "saw $a" && c=$a; usleep 20000; done']
                volumeMounts: [{name: v, mountPath: /v}]
              volumes: [{name: v, configMap: {name: moving}}]
            """.Fill());
        await cluster.WaitForPodReadyAsync("watcher");
        await Wait.UntilAsync("the first value", TimeSpan.FromSeconds(20), async () => (await cluster.LogsAsync("watcher")).Contains("saw 1", StringComparison.Ordinal));

        await cluster.KubectlAsync("patch", "configmap", "moving", "-p", """{"data": {"one": "2", "two": "2"}}""");

        // Upstream's default takes up to a minute more than its cache: anything near that is no watch.
        await Wait.UntilAsync("the second value in the file", TimeSpan.FromSeconds(10), async () => (await cluster.LogsAsync("watcher")).Contains("saw 2", StringComparison.Ordinal));
        Assert.DoesNotContain("torn", await cluster.KubectlAsync("logs", "watcher"), StringComparison.Ordinal);
        await cluster.KubectlAsync("delete", "pod", "watcher", "--wait=false", "--now");
    }

    /// <summary>By now the cluster's pods have had their Secrets, ConfigMaps, tokens and claims, and the node its status, lease and CSINode.</summary>
    [Fact]
    public async Task NodeRestriction_NeverRefusesAWriteOfThisKubelet()
    {
        var kubeconfig = cluster.Plane.KubeconfigFor("kubelet-" + NodeCluster.NodeName, "system:node:" + NodeCluster.NodeName, "system:nodes");
        var other = await cluster.Plane.KubectlAsync(["--kubeconfig", kubeconfig, "label", "node", NodeCluster.NodeName, "node-restriction.kubernetes.io/mine=yes"], throwOnFailure: false);
        Assert.Contains("is not allowed to modify labels: node-restriction.kubernetes.io/mine", other.Error, StringComparison.Ordinal);

        var requests = new MetricPage(await cluster.KubectlAsync("get", "--raw", $"/api/v1/nodes/{NodeCluster.NodeName}/proxy/metrics"))["rest_client_requests_total"];
        Assert.Contains(requests, r => r.Labels["method"] == "PATCH" && r.Labels["code"] == "200");
        Assert.DoesNotContain(requests, r => r.Labels["method"] != "GET" && r.Labels["code"] == "403");
    }

    [Fact]
    public async Task Claims_OfHostPathAndLocalVolumes_AreMounted()
    {
        var folder = Path.Combine(cluster.Daemons.Options.Folder, "pvs");
        Directory.CreateDirectory(Path.Combine(folder, "local"));
        await File.WriteAllTextAsync(Path.Combine(folder, "local", "seed"), "seeded");
        await cluster.ApplyAsync("""
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: pv-host}
            spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: by-hand, hostPath: {path: $folder/host, type: DirectoryOrCreate}, claimRef: {namespace: default, name: claim-host}}
            ---
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: pv-local}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              storageClassName: by-hand
              local: {path: $folder/local}
              claimRef: {namespace: default, name: claim-local}
              nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [$node]}]}]}}
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: claim-host}
            spec: {accessModes: [ReadWriteOnce], storageClassName: by-hand, volumeName: pv-host, resources: {requests: {storage: 1Gi}}}
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: claim-local}
            spec: {accessModes: [ReadWriteOnce], storageClassName: by-hand, volumeName: pv-local, resources: {requests: {storage: 1Gi}}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: claims}
            spec:
              nodeName: $node
              restartPolicy: Never
              securityContext: {fsGroup: 2222}
              containers:
              - name: main
                image: $image
                command: [sh, -c, 'echo kept >/host/file; echo "seed=$(cat /local/seed) $(stat -c "%a %g" /local/seed /local | tr "\n" " ")"; sh -c "echo x >/ro/y" 2>&1']
                volumeMounts: [{name: host, mountPath: /host}, {name: local, mountPath: /local}, {name: ro, mountPath: /ro}]
              volumes: [{name: host, persistentVolumeClaim: {claimName: claim-host}}, {name: local, persistentVolumeClaim: {claimName: claim-local}}, {name: ro, persistentVolumeClaim: {claimName: claim-host, readOnly: true}}]
            """.Fill().Replace("$folder", folder, StringComparison.Ordinal));
        await cluster.WaitForFieldAsync("pod", "claims", ".status.containerStatuses[0].state.terminated.exitCode", "1");

        var log = await cluster.KubectlAsync("logs", "claims");
        Assert.Contains("seed=seeded 664 2222 2775 2222", log, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", log, StringComparison.Ordinal);
        Assert.Equal("kept\n", await File.ReadAllTextAsync(Path.Combine(folder, "host", "file")));
        await cluster.KubectlAsync("delete", "pod", "claims", "--now");
        Assert.Equal("seeded", await File.ReadAllTextAsync(Path.Combine(folder, "local", "seed")));
    }

    [Fact]
    public async Task BusyVolume_NamesItsHolder_AndGoesWhenItIsFree()
    {
        await cluster.ApplyAsync("""
            apiVersion: v1
            kind: Pod
            metadata: {name: busy}
            spec:
              nodeName: $node
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: $image, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}]}]
              volumes: [{name: v, emptyDir: {medium: Memory}}]
            """.Fill());
        await cluster.WaitForPodReadyAsync("busy");
        var volume = Path.Combine(cluster.Daemons.Options.KubeletRoot, "pods", await cluster.FieldAsync("pod", "busy", ".metadata.uid"), "volumes/kubernetes.io~empty-dir/v");
        await using (var held = new FileStream(Path.Combine(volume, "held"), FileMode.Create))
        {
            await cluster.KubectlAsync("delete", "pod", "busy", "--wait=false");
            await cluster.EventAsync("busy", "FailedUnmount", $"held by process {Environment.ProcessId} ");
        }

        await cluster.WaitForGoneAsync("pod", "busy");
        Assert.False(Directory.Exists(volume));
    }
}

[Trait("Category", "Cluster")]
public sealed partial class ContainerdPodContentsTests(ContainerdContents cluster) : PodContentsTests(cluster), IClassFixture<ContainerdContents>;

[Trait("Category", "Cluster")]
public sealed class DockerPodContentsTests(DockerContents cluster) : PodContentsTests(cluster), IClassFixture<DockerContents>;
