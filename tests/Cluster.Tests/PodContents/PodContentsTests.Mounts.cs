using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.PodContents;

/// <summary>What is mounted from the host and what becomes of it.</summary>
public abstract partial class PodContentsTests
{
    [Fact]
    public async Task HostPath_IsCheckedAgainstItsType_AndMadeWhereThatIsAskedFor()
    {
        var folder = Path.Combine(cluster.Daemons.Options.Folder, "host-paths");
        await cluster.ApplyAsync(string.Join("\n---\n",
            PodOfHostPath("not-a-file", "/etc", "File"),
            PodOfHostPath("not-a-socket", "/etc/hosts", "Socket"),
            PodOfHostPath("not-a-char-device", "/etc/hosts", "CharDevice"),
            PodOfHostPath("not-a-block-device", "/dev/null", "BlockDevice"),
            PodOfHostPath("not-there", "/nowhere", "Directory"),
            PodOfHostPath("made-folder", folder + "/made", "DirectoryOrCreate"),
            PodOfHostPath("made-file", folder + "/file", "FileOrCreate"),
            PodOfHostPath("device", "/dev/null", "CharDevice")));

        Task RefusedAsync(string pod, string why) => cluster.EventAsync(pod, "FailedMount", $"MountVolume.SetUp failed for volume \"v\" : hostPath type check failed: {why}");
        await Task.WhenAll(
            RefusedAsync("not-a-file", "/etc is not a file"),
            RefusedAsync("not-a-socket", "/etc/hosts is not a socket file"),
            RefusedAsync("not-a-char-device", "/etc/hosts is not a character device"),
            RefusedAsync("not-a-block-device", "/dev/null is not a block device"),
            RefusedAsync("not-there", "/nowhere is not a directory"),
            cluster.WaitForPodReadyAsync("made-folder"),
            cluster.WaitForPodReadyAsync("made-file"),
            cluster.WaitForPodReadyAsync("device"));
        Assert.Equal("directory", await cluster.KubectlAsync("exec", "made-folder", "--", "stat", "-c", "%F", "/v"));
        Assert.Equal("regular empty file", await cluster.KubectlAsync("exec", "made-file", "--", "stat", "-c", "%F", "/v"));
        Assert.Equal("character special file", await cluster.KubectlAsync("exec", "device", "--", "stat", "-c", "%F", "/v"));
        await cluster.KubectlAsync("delete", "pod", "not-a-file", "not-a-socket", "not-a-char-device", "not-a-block-device", "not-there", "made-folder", "made-file", "device", "--wait=false", "--now");
    }

    [Fact]
    public async Task MountOfTheHost_ComesIntoTheContainer_ThatAsksForIt()
    {
        var folder = Directory.CreateDirectory(Path.Combine(cluster.Daemons.Options.Folder, "shared-with-pods")).FullName;
        await Command.RunAsync("mount", ["-t", "tmpfs", "none", folder]);
        await Command.RunAsync("mount", ["--make-shared", folder]);
        var late = Directory.CreateDirectory(Path.Combine(folder, "late")).FullName;
        await cluster.ApplyAsync(PodWith("propagates", $"hostPath: {{path: {folder}, type: Directory}}", mounts: "{name: v, mountPath: /follows, mountPropagation: HostToContainer}, {name: v, mountPath: /alone}"));
        await cluster.WaitForPodReadyAsync("propagates");

        await Command.RunAsync("mount", ["-t", "tmpfs", "none", late]);
        await File.WriteAllTextAsync(Path.Combine(late, "file"), "came later");

        Assert.Equal("came later", await cluster.KubectlAsync("exec", "propagates", "--", "cat", "/follows/late/file"));
        Assert.Equal("", await cluster.KubectlAsync("exec", "propagates", "--", "ls", "/alone/late"));
        await cluster.KubectlAsync("delete", "pod", "propagates", "--now");
        await Command.RunAsync("umount", ["--recursive", folder]);
    }

    [Fact]
    public async Task FsGroupChangePolicy_OnRootMismatch_LeavesWhatIsInARightFolder()
    {
        var folder = Directory.CreateDirectory(Path.Combine(cluster.Daemons.Options.Folder, "right-folder")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "file"), "");
        await Command.RunAsync("chown", ["0:2323", folder]);
        await Command.RunAsync("chmod", ["2775", folder]);
        await cluster.ApplyAsync(LocalClaim("right", folder) + "\n---\n" + OnRight("on-mismatch", "OnRootMismatch"));
        await cluster.WaitForPodReadyAsync("on-mismatch");
        Assert.Equal("0", await cluster.KubectlAsync("exec", "on-mismatch", "--", "stat", "-c", "%g", "/v/file"));
        await cluster.KubectlAsync("delete", "pod", "on-mismatch", "--now");

        await cluster.ApplyAsync(OnRight("always", "Always"));
        await cluster.WaitForPodReadyAsync("always");
        Assert.Equal("2323", await cluster.KubectlAsync("exec", "always", "--", "stat", "-c", "%g", "/v/file"));
        await cluster.KubectlAsync("delete", "pod", "always", "--wait=false", "--now");

        static string OnRight(string pod, string policy) => PodWith(pod, "persistentVolumeClaim: {claimName: right}", $"fsGroup: 2323, fsGroupChangePolicy: {policy}");
    }

    [FactSince(23, "generic ephemeral volumes")]
    public async Task EphemeralVolume_HasAClaimOfThePod_ThatGoesWithIt_AndNoOtherIsTaken()
    {
        var folder = Directory.CreateDirectory(Path.Combine(cluster.Daemons.Options.Folder, "ephemeral")).FullName;
        await cluster.ApplyAsync(string.Join("\n---\n", LocalClaim("stolen-v", folder), OfATemplate("stolen"), $$$"""
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: pv-ephemeral}
            spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: of-a-template, hostPath: {path: {{{folder}}}}}
            """, OfATemplate("owner")));

        await cluster.WaitForPodReadyAsync("owner");
        Assert.Equal("", await cluster.KubectlAsync("exec", "owner", "--", "sh", "-c", "echo mine >/v/file"));
        Assert.Equal("mine\n", await File.ReadAllTextAsync(Path.Combine(folder, "file")));
        await cluster.EventAsync("stolen", "FailedMount", "PVC default/stolen-v was not created for pod default/stolen (pod is not owner)");

        await cluster.KubectlAsync("delete", "pod", "owner", "stolen", "--now");
        await cluster.WaitForGoneAsync("persistentvolumeclaim", "owner-v");
        Assert.Equal("Bound", await cluster.FieldAsync("persistentvolumeclaim", "stolen-v", ".status.phase"));

        static string OfATemplate(string pod) => PodWith(pod, "ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], storageClassName: of-a-template, resources: {requests: {storage: 1Gi}} }} }");
    }

    [Fact]
    public async Task NfsVolume_IsMountedByTheHostsHelper_WhoseErrorIsInTheEvent()
    {
        var folder = Directory.CreateDirectory(Path.Combine(cluster.Daemons.Options.Folder, "nfs")).FullName;
        await using var helper = await NfsHelper.InstallAsync(folder);
        var exported = Directory.CreateDirectory(Path.Combine(folder, "exports/data")).FullName;
        await File.WriteAllTextAsync(Path.Combine(exported, "file"), "of the server");
        await cluster.ApplyAsync("""
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: pv-nfs}
            spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteMany], storageClassName: by-hand, mountOptions: [nfsvers=4.2, hard], claimRef: {namespace: default, name: nfs}, nfs: {server: files.test, path: /data}}
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: nfs}
            spec: {accessModes: [ReadWriteMany], storageClassName: by-hand, volumeName: pv-nfs, resources: {requests: {storage: 1Gi}}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: nfs}
            spec:
              nodeName: $node
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: $image, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}, {name: ro, mountPath: /ro}]}]
              volumes: [{name: v, persistentVolumeClaim: {claimName: nfs}}, {name: ro, nfs: {server: "fd00::1", path: /data, readOnly: true}}]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: nfs-refused}
            spec:
              nodeName: $node
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: $image, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}]}]
              volumes: [{name: v, nfs: {server: files.test, path: /refused}}]
            """.Fill());

        await cluster.EventAsync("nfs-refused", "FailedMount", "mount.nfs: access denied by server while mounting files.test:/refused");
        await cluster.WaitForPodReadyAsync("nfs");
        Assert.Equal("of the server Read-only file system", await cluster.KubectlAsync("exec", "nfs", "--", "sh", "-c", "echo $(cat /ro/file) $(touch /ro/x 2>&1 | sed 's/.*: //'); echo written >/v/mine"));
        Assert.Equal("written\n", await File.ReadAllTextAsync(Path.Combine(exported, "mine")));
        var calls = await File.ReadAllLinesAsync(Path.Combine(folder, "calls"));
        Assert.Contains(calls, c => c.StartsWith("files.test:/data ", StringComparison.Ordinal) && c.EndsWith("nfsvers=4.2,hard", StringComparison.Ordinal));
        Assert.Contains(calls, c => c.StartsWith("[fd00::1]:/data ", StringComparison.Ordinal));

        await cluster.KubectlAsync("delete", "pod", "nfs", "nfs-refused", "--now");
        Assert.Equal("of the server", await File.ReadAllTextAsync(Path.Combine(exported, "file")));
    }

    [Fact]
    public async Task MountInAVolume_IsTakenDown_AndNothingInItIsDeleted()
    {
        var precious = Directory.CreateDirectory(Path.Combine(cluster.Daemons.Options.Folder, "precious")).FullName;
        await File.WriteAllTextAsync(Path.Combine(precious, "file"), "kept");
        await cluster.ApplyAsync(PodWith("holds-a-mount", "emptyDir: {}"));
        await cluster.WaitForPodReadyAsync("holds-a-mount");
        var pod = Path.Combine(cluster.Daemons.Options.KubeletRoot, "pods", await cluster.FieldAsync("pod", "holds-a-mount", ".metadata.uid"));
        var inner = Directory.CreateDirectory(Path.Combine(pod, "volumes/kubernetes.io~empty-dir/v/inner")).FullName;
        await Command.RunAsync("mount", ["--bind", precious, inner]);

        await cluster.KubectlAsync("delete", "pod", "holds-a-mount", "--now");

        Assert.False(Directory.Exists(pod));
        Assert.Equal("kept", await File.ReadAllTextAsync(Path.Combine(precious, "file")));
    }

    private static string PodOfHostPath(string name, string path, string type) => PodWith(name, $"hostPath: {{path: {path}, type: {type}}}");

    private protected static string PodWith(string name, string volume, string security = "", string mounts = "{name: v, mountPath: /v}") => $$$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{{name}}}}
        spec:
          nodeName: $node
          terminationGracePeriodSeconds: 1
          securityContext: { {{{security}}} }
          containers: [{name: main, image: $image, command: [sleep, "3600"], volumeMounts: [{{{mounts}}}]}]
          volumes: [{name: v, {{{volume}}}}]
        """.Fill();

    // A claim and the local volume that it is bound to.
    private static string LocalClaim(string name, string folder) => $$$"""
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: pv-of-{{{name}}}}
        spec:
          capacity: {storage: 1Gi}
          accessModes: [ReadWriteOnce]
          storageClassName: by-hand
          local: {path: {{{folder}}}}
          claimRef: {namespace: default, name: {{{name}}}}
          nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [$node]}]}]}}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: {{{name}}}}
        spec: {accessModes: [ReadWriteOnce], storageClassName: by-hand, volumeName: pv-of-{{{name}}}, resources: {requests: {storage: 1Gi}} }
        """.Fill();
}
