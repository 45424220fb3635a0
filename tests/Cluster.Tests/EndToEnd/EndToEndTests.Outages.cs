using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.EndToEnd;

/// <summary>The kubelet while the control plane is away, and while it is the kubelet that runs it.</summary>
public abstract partial class EndToEndTests
{
    private static readonly TimeSpan OutagePatience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task ApiServerAway_PodsGoOn_TheirStatusCatchesUp_AndMissedDeletionsAreCarriedOut()
    {
        await cluster.ApplyAsync(Pod("lonely", "sleep 3600") + "\n---\n" + Pod("forgotten", "trap exit TERM; sleep 3600 & wait"));
        await cluster.WaitForPodReadyAsync("lonely");
        await cluster.WaitForPodReadyAsync("forgotten");
        await cluster.Plane.StopAsync(LocalControlPlane.ApiServerName);
        try
        {
            var first = Assert.Single(await RunningContainersAsync("lonely"));
            await cluster.Engine.Runtime.StopContainerAsync(first, TimeSpan.Zero, CancellationToken.None);
            await Wait.UntilAsync("the container to be restarted without an API server", OutagePatience, async () =>
                await RunningContainersAsync("lonely") is [var next] && next != first, () => cluster.LogTail(NodeDaemons.KubeletName));
        }
        finally
        {
            await cluster.Plane.StartApiServerAsync();
        }

        await cluster.WaitForFieldAsync("pod", "lonely", ".status.containerStatuses[0].restartCount", "1", OutagePatience);

        await ManagedProcess.Find(NodeDaemons.KubeletName, cluster.Daemons.Options.Folder)!.KillAsync();
        await cluster.KubectlAsync("delete", "pod", "forgotten", "--force", "--grace-period=0");
        await cluster.Daemons.StartKubeletAsync();
        await Wait.UntilAsync("the pod whose deletion was missed to be ended", OutagePatience, async () =>
            (await RunningContainersAsync("forgotten")).Count == 0, () => cluster.LogTail(NodeDaemons.KubeletName));
        Assert.Equal("1", await cluster.FieldAsync("pod", "lonely", ".status.containerStatuses[0].restartCount"));
        await cluster.KubectlAsync("delete", "pod", "lonely", "--now", "--wait=false");
    }

    [Fact]
    public async Task ControlPlane_RunsAsStaticPods_OfTheKubeletThatNeedsIt()
    {
        string[] names = ["etcd", "kube-apiserver"];
        await cluster.ApplyAsync(Pod("onlooker", "sleep 3600"));
        await cluster.WaitForPodReadyAsync("onlooker");
        var before = await RunningContainersAsync("onlooker");
        await cluster.Daemons.StopAsync(NodeDaemons.KubeletName);
        await cluster.Plane.StopAsync(LocalControlPlane.ApiServerName);
        await cluster.Plane.StopAsync(LocalControlPlane.EtcdName);
        try
        {
            await WriteManifestAsync("etcd", cluster.Plane.EtcdCommand, "");
            await WriteManifestAsync("kube-apiserver", cluster.Plane.ApiServerCommand, $"readinessProbe: {{httpGet: {{scheme: HTTPS, path: /readyz, port: {cluster.Plane.Server.Port}}}, periodSeconds: 1, timeoutSeconds: 15}}");
            await cluster.Daemons.StartKubeletAsync();
            await Wait.UntilAsync("the API server to answer from its static pod", OutagePatience, cluster.Plane.IsReadyAsync, () => cluster.LogTail(NodeDaemons.KubeletName));
            foreach (var name in names)
            {
                await cluster.WaitForPodReadyAsync($"{name}-{NodeCluster.NodeName}", OutagePatience);
                Assert.Equal(cluster.Network.Address, await cluster.FieldAsync("pod", $"{name}-{NodeCluster.NodeName}", ".status.podIP"));
            }

            // A kubelet that is killed leaves its control plane running.
            var server = Assert.Single(await RunningContainersAsync("kube-apiserver-" + NodeCluster.NodeName));
            await ManagedProcess.Find(NodeDaemons.KubeletName, cluster.Daemons.Options.Folder)!.KillAsync();
            await cluster.Daemons.StartKubeletAsync();
            await cluster.ApplyAsync(Pod("latecomer", "sleep 3600"));
            await cluster.WaitForPodReadyAsync("latecomer", OutagePatience);
            Assert.Equal(server, Assert.Single(await RunningContainersAsync("kube-apiserver-" + NodeCluster.NodeName)));
            Assert.Equal(before, await RunningContainersAsync("onlooker"));
            await cluster.KubectlAsync("delete", "pod", "latecomer", "onlooker", "--now", "--wait=false");
        }
        finally
        {
            foreach (var name in names.Reverse())
            {
                File.Delete(ManifestOf(name));
                await Wait.UntilAsync($"the static pod {name} to end", OutagePatience, async () =>
                    (await RunningContainersAsync($"{name}-{NodeCluster.NodeName}")).Count == 0, () => cluster.LogTail(NodeDaemons.KubeletName));
            }

            await cluster.Plane.StartEtcdAsync();
            await cluster.Plane.StartApiServerAsync();
        }

        foreach (var name in names)
        {
            await cluster.WaitForGoneAsync("pod", $"{name}-{NodeCluster.NodeName}");
        }
    }

    private string ManifestOf(string name) => Path.Combine(cluster.Daemons.Options.ManifestFolder, name + ".yaml");

    /// <summary>The host's own binaries, with the host's libraries: there is no image of them here.</summary>
    private async Task WriteManifestAsync(string name, IReadOnlyList<string> command, string more)
    {
        string[] folders = [.. ((string[])["/usr", "/lib", "/lib64", "/etc/ssl", Path.GetDirectoryName(command[0])!]).Where(Directory.Exists).Distinct(), cluster.PlaneFolder];
        var mounts = folders.Select((folder, i) => $"{{name: v{i}, mountPath: {folder}, readOnly: {(folder == cluster.PlaneFolder ? "false" : "true")}}}");
        var volumes = folders.Select((folder, i) => $"{{name: v{i}, hostPath: {{path: {folder}}}}}");
        var manifest = $"""
            apiVersion: v1
            kind: Pod
            metadata: {"{"}name: {name}{"}"}
            spec:
              hostNetwork: true
              terminationGracePeriodSeconds: 3
              volumes: [{string.Join(", ", volumes)}]
              containers:
              - name: main
                image: {TestImages.BusyboxName}
                command: [{string.Join(", ", command.Select(c => $"\"{c}\""))}]
                volumeMounts: [{string.Join(", ", mounts)}]
                {more}
            """;

        // As it should be done: the kubelet must never see half of it.
        var unfinished = Path.Combine(cluster.Daemons.Options.ManifestFolder, "." + name);
        await File.WriteAllTextAsync(unfinished, manifest);
        File.Move(unfinished, ManifestOf(name));
    }

    private async Task<IReadOnlyList<string>> RunningContainersAsync(string pod) =>
    [
        .. from container in await cluster.Engine.Runtime.ListContainersAsync(null, CancellationToken.None)
           where container.State == ContainerState.ContainerRunning && container.Labels.TryGetValue("io.kubernetes.pod.name", out var name) && name == pod
           select container.Id,
    ];
}
