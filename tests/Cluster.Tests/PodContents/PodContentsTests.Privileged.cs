using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.PodContents;

/// <summary>Privileged containers. containerd gives them what the host has; Docker Engine asks for capabilities that a host in a virtual machine may lack.</summary>
public sealed partial class ContainerdPodContentsTests
{
    [Fact]
    public async Task PrivilegedContainer_HasTheHostsCapabilitiesAndDevices_AndItsMountsComeOut()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Cluster.Daemons.Options.Folder, "both-ways")).FullName;
        await Command.RunAsync("mount", ["-t", "tmpfs", "none", folder]);
        await Command.RunAsync("mount", ["--make-shared", folder]);
        var volume = $"hostPath: {{path: {folder}, type: Directory}}";
        await Cluster.ApplyAsync(string.Join(
            "\n---\n",
            PodWith("mounts", volume, mounts: "{name: v, mountPath: /v, mountPropagation: Bidirectional}").Replace("command: [sleep", "securityContext: {privileged: true}, command: [sleep", StringComparison.Ordinal),
            PodWith("sees", volume, mounts: "{name: v, mountPath: /v, mountPropagation: HostToContainer}")));
        await Task.WhenAll(Cluster.WaitForPodReadyAsync("mounts"), Cluster.WaitForPodReadyAsync("sees"));

        Assert.Equal("inside", await ExecAsync("mounts", "mkdir /v/inner && mount -t tmpfs none /v/inner && echo inside >/v/inner/file && cat /v/inner/file"));
        Assert.Equal("inside\n", await File.ReadAllTextAsync(Path.Combine(folder, "inner/file")));
        Assert.Equal("inside", await ExecAsync("sees", "cat /v/inner/file"));

        Assert.Equal(await CapabilitiesAsync("/proc/1/status"), await ExecAsync("mounts", "sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status"));
        Assert.Equal("no", await ExecAsync("sees", "test -e /dev/kmsg || echo no"));
        Assert.Equal("yes", await ExecAsync("mounts", "test -e /dev/kmsg && echo yes"));

        await ExecAsync("mounts", "umount /v/inner");
        Assert.False(File.Exists(Path.Combine(folder, "inner/file")));
        await Cluster.KubectlAsync("delete", "pod", "mounts", "sees", "--now");
        await Command.RunAsync("umount", ["--recursive", folder]);
    }

    private static async Task<string> CapabilitiesAsync(string status) =>
        (await File.ReadAllLinesAsync(status)).Single(l => l.StartsWith("CapBnd:", StringComparison.Ordinal)).Split('\t')[1];
}
