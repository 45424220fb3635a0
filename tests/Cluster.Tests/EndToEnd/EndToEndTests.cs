using System.Diagnostics;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.EndToEnd;

/// <summary>What a user sees of the three daemons together, by kubectl and by asking the Services. Run on each container engine.</summary>
public abstract partial class EndToEndTests(NodeCluster cluster)
{
    private static string Pod(string name, string command, string more = "") => $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {name}
        spec:
          terminationGracePeriodSeconds: 20
          containers:
          - name: main
            image: {TestImages.BusyboxName}
            command: [sh, -c, '{command}']
        {more}
        """;

    [Fact]
    public async Task Deployment_WithService_AnswersOnClusterIpAndNodePort()
    {
        await cluster.ApplyAsync($"""
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: web
            spec:
              replicas: 3
              selector:
                matchLabels: {"{app: web}"}
              template:
                metadata:
                  labels: {"{app: web}"}
                spec:
                  terminationGracePeriodSeconds: 2
                  containers:
                  - name: web
                    image: {TestImages.BusyboxName}
                    command: [sh, -c, 'hostname >/www/index.html; exec httpd -f -p 8080 -h /www']
                    readinessProbe:
                      httpGet: {"{path: /, port: 8080}"}
                      periodSeconds: 1
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: web
            spec:
              type: NodePort
              selector: {"{app: web}"}
              ports:
              - port: 80
                targetPort: 8080
            """);
        await cluster.WaitForFieldAsync("deployment", "web", ".status.readyReplicas", "3");
        var pods = (await cluster.KubectlAsync("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.name}")).Split(' ');
        var clusterIp = await cluster.FieldAsync("service", "web", ".spec.clusterIP");
        var nodePort = await cluster.FieldAsync("service", "web", ".spec.ports[0].nodePort");

        foreach (var url in new[] { $"http://{clusterIp}/", $"http://{cluster.Network.Address}:{nodePort}/" })
        {
            var answers = new HashSet<string>();
            await Wait.UntilAsync($"all three replicas to answer on {url}", TimeSpan.FromSeconds(30), async () =>
            {
                if (await cluster.HttpGetAsync(url) is { } answer)
                {
                    answers.Add(answer);
                }

                return answers.SetEquals(pods);
            }, () => $"answers so far: {string.Join(", ", answers)}");
        }

        await cluster.KubectlAsync("delete", "deployment,service", "web");
        await Wait.UntilAsync("the pods to go", TimeSpan.FromSeconds(30), async () =>
            await cluster.Plane.Reader.GetAsync("/api/v1/namespaces/default/pods?labelSelector=app%3Dweb") is { } left && JsonFields.ReadItems(left, ".metadata.name") is []);
    }

    [Fact]
    public async Task Kubectl_LogsAndExec_ReachTheContainer()
    {
        // The engine copies the two streams independently: without the pause their lines may change places.
        await cluster.ApplyAsync(Pod("talker", "echo first; sleep 1; echo second >&2; sleep 3600"));
        await cluster.WaitForPodReadyAsync("talker");
        await Wait.UntilAsync("both lines", TimeSpan.FromSeconds(20), async () => (await cluster.LogsAsync("talker")).Contains("second", StringComparison.Ordinal));

        Assert.Equal("first\nsecond", await cluster.KubectlAsync("logs", "talker"));
        Assert.Equal("second", await cluster.KubectlAsync("logs", "talker", "--tail=1"));
        Assert.Equal("talker", await cluster.KubectlAsync("exec", "talker", "--", "hostname"));
        var failed = await cluster.Plane.KubectlAsync(["exec", "talker", "--", "sh", "-c", "echo out; echo err >&2; exit 7"], throwOnFailure: false);
        Assert.Equal((7, "out\n"), (failed.ExitCode, failed.Output));
        Assert.Contains("err", failed.Error, StringComparison.Ordinal);
        var piped = await cluster.Plane.KubectlAsync(["exec", "-i", "talker", "--", "wc", "-c"], input: new string('x', 300_000));
        Assert.Equal("300000", piped.Output.Trim());
        await CommandOfAKilledClientEndsAsync("talker");

        await cluster.KubectlAsync("delete", "pod", "talker", "--now");
    }

    [Fact]
    public async Task Delete_OfAPodThatHandlesSigterm_LetsItFinish()
    {
        var marker = Path.Combine(cluster.Daemons.Options.Folder, "marker-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(marker);
        await cluster.ApplyAsync(Pod(
            "graceful",
            "trap \"sleep 1; date > /marker/terminated; exit 0\" TERM; touch /marker/started; while true; do sleep 100 & wait $!; done",
            $"""
                volumeMounts:
                - name: marker
                  mountPath: /marker
              volumes:
              - name: marker
                hostPath:
                  path: {marker}
                  type: Directory
            """));
        await cluster.WaitForPodReadyAsync("graceful");
        await Wait.UntilAsync("the trap to be set", TimeSpan.FromSeconds(10), () => Task.FromResult(File.Exists(Path.Combine(marker, "started"))));

        await cluster.KubectlAsync("delete", "pod", "graceful");

        Assert.True(File.Exists(Path.Combine(marker, "terminated")), "the pod was gone before its SIGTERM handler had finished");
    }

    [Fact]
    public async Task Delete_OfAPodThatIgnoresSigterm_KillsItAtTheDeadline()
    {
        await cluster.ApplyAsync(Pod("stubborn", "trap \"\" TERM; while true; do sleep 1; done"));
        await cluster.WaitForPodReadyAsync("stubborn");
        var watch = Stopwatch.StartNew();

        await cluster.KubectlAsync("delete", "pod", "stubborn", "--grace-period=4");

        Assert.InRange(watch.Elapsed.TotalSeconds, 3.5, 12);
    }

    [Fact]
    public async Task CrashingContainer_IsRestartedWithBackOff()
    {
        await cluster.ApplyAsync(Pod("crasher", "exit 3"));

        await cluster.WaitForFieldAsync("pod", "crasher", ".status.containerStatuses[0].state.waiting.reason", "CrashLoopBackOff");
        Assert.Equal("3", await cluster.FieldAsync("pod", "crasher", ".status.containerStatuses[0].lastState.terminated.exitCode"));
        Assert.Equal("Error", await cluster.FieldAsync("pod", "crasher", ".status.containerStatuses[0].lastState.terminated.reason"));
        await cluster.WaitForEventAsync("BackOff", "crasher");
        await cluster.KubectlAsync("delete", "pod", "crasher", "--now");
    }

    [Fact]
    public async Task FinishedPod_OfRestartPolicyNever_Succeeds()
    {
        await cluster.ApplyAsync(Pod("finisher", "echo done", "  restartPolicy: Never"));

        await cluster.WaitForFieldAsync("pod", "finisher", ".status.phase", "Succeeded");
        Assert.Equal("Completed", await cluster.FieldAsync("pod", "finisher", ".status.containerStatuses[0].state.terminated.reason"));
        Assert.Equal("done", await cluster.KubectlAsync("logs", "finisher"));
        await cluster.KubectlAsync("delete", "pod", "finisher");
    }

    [Fact]
    public async Task PodThatFitsNowhere_IsToldSo()
    {
        await cluster.ApplyAsync(Pod("giant", "sleep 3600", "    resources: {requests: {cpu: 1000}}"));

        await cluster.WaitForFieldAsync("pod", "giant", ".status.conditions[?(@.type==\"PodScheduled\")].reason", "Unschedulable");
        Assert.Contains("0/1 nodes are available: 1 Insufficient cpu.", await cluster.FieldAsync("pod", "giant", ".status.conditions[?(@.type==\"PodScheduled\")].message"), StringComparison.Ordinal);
        await cluster.WaitForEventAsync("FailedScheduling", "giant");
        await cluster.KubectlAsync("delete", "pod", "giant");
    }

    [Fact]
    public async Task StaticPod_FollowsItsFile()
    {
        var manifest = Path.Combine(cluster.Daemons.Options.ManifestFolder, "static.yaml");
        var mirror = "static-" + NodeCluster.NodeName;
        await File.WriteAllTextAsync(manifest, Pod("static", "sleep 3600"));
        await cluster.WaitForPodReadyAsync(mirror);
        var first = await cluster.FieldAsync("pod", mirror, ".metadata.annotations.kubernetes\\.io/config\\.hash");

        await cluster.KubectlAsync("delete", "pod", mirror, "--now");
        await cluster.WaitForPodReadyAsync(mirror);

        await File.WriteAllTextAsync(manifest, Pod("static", "sleep 3601").Replace("GracePeriodSeconds: 20", "GracePeriodSeconds: 1", StringComparison.Ordinal));
        await Wait.UntilAsync("the mirror pod to follow the edit", TimeSpan.FromSeconds(60), async () =>
            await cluster.FieldAsync("pod", mirror, ".metadata.annotations.kubernetes\\.io/config\\.hash") is { Length: > 0 } hash && hash != first);
        await cluster.WaitForPodReadyAsync(mirror);

        File.Delete(manifest);
        await cluster.WaitForGoneAsync("pod", mirror);
    }

    [Fact]
    public async Task MalformedManifest_IsNamedWithFileAndLine_AndOthersRun()
    {
        var bad = Path.Combine(cluster.Daemons.Options.ManifestFolder, "bad.yaml");
        var good = Path.Combine(cluster.Daemons.Options.ManifestFolder, "good.yaml");
        await File.WriteAllTextAsync(bad, Pod("bad", "true").Replace("containers:", "kontainers:", StringComparison.Ordinal));
        await File.WriteAllTextAsync(good, Pod("good", "sleep 3600"));

        await cluster.WaitForPodReadyAsync("good-" + NodeCluster.NodeName);
        var log = await File.ReadAllTextAsync(Path.Combine(cluster.Daemons.Options.Folder, "kubelet.log"));
        Assert.Contains("bad.yaml:7", log, StringComparison.Ordinal);
        Assert.Contains("kontainers", log, StringComparison.Ordinal);

        File.Delete(bad);
        File.Delete(good);
        await cluster.WaitForGoneAsync("pod", "good-" + NodeCluster.NodeName);
    }

    [Fact]
    public async Task RestartOfTheKubelet_RestartsNoContainer()
    {
        await cluster.ApplyAsync(Pod("survivor", "sleep 3600"));
        await cluster.WaitForPodReadyAsync("survivor");
        var before = await cluster.FieldAsync("pod", "survivor", ".status.containerStatuses[0].containerID");

        await ManagedProcess.Find(NodeDaemons.KubeletName, cluster.Daemons.Options.Folder)!.KillAsync();
        await cluster.Daemons.StartKubeletAsync();
        await cluster.ApplyAsync(Pod("newcomer", "sleep 3600"));
        await cluster.WaitForPodReadyAsync("newcomer");

        Assert.Equal(before, await cluster.FieldAsync("pod", "survivor", ".status.containerStatuses[0].containerID"));
        Assert.Equal("0", await cluster.FieldAsync("pod", "survivor", ".status.containerStatuses[0].restartCount"));
        await cluster.KubectlAsync("delete", "pod", "survivor", "newcomer", "--now");
    }

    [Fact]
    public async Task EngineThatGoesAway_MakesTheNodeNotReady_UntilItIsBack()
    {
        await cluster.ApplyAsync(Pod("witness", "sleep 3600"));
        await cluster.WaitForPodReadyAsync("witness");
        var before = await cluster.FieldAsync("pod", "witness", ".status.containerStatuses[0].containerID");

        await cluster.Engine.StopEngineAsync();
        try
        {
            await cluster.WaitForNodeReadyAsync("False");
            Assert.Equal("KubeletNotReady", await cluster.FieldAsync("node", NodeCluster.NodeName, ".status.conditions[?(@.type==\"Ready\")].reason"));
            Assert.NotEmpty(await cluster.FieldAsync("node", NodeCluster.NodeName, ".status.conditions[?(@.type==\"Ready\")].message"));
        }
        finally
        {
            await cluster.Engine.StartEngineAsync();
        }

        await cluster.WaitForNodeReadyAsync("True");
        await cluster.WaitForPodReadyAsync("witness");
        Assert.Equal(before, await cluster.FieldAsync("pod", "witness", ".status.containerStatuses[0].containerID"));
        await cluster.KubectlAsync("delete", "pod", "witness", "--now");
    }

    [Fact]
    public async Task ApiServerThatIsDownAtTheStart_IsWaitedFor_WhileStaticPodsRun()
    {
        var manifest = Path.Combine(cluster.Daemons.Options.ManifestFolder, "early.yaml");
        var mirror = "early-" + NodeCluster.NodeName;
        await cluster.Daemons.StopAsync(NodeDaemons.KubeletName);
        await cluster.Plane.StopAsync(LocalControlPlane.ApiServerName);
        try
        {
            await File.WriteAllTextAsync(manifest, Pod("early", "sleep 3600"));
            await cluster.Daemons.StartKubeletAsync();
            await Wait.UntilAsync("the static pod to run without an API server", TimeSpan.FromSeconds(30), async () =>
                (await cluster.Engine.Runtime.ListContainersAsync(null, CancellationToken.None))
                    .Any(c => c.State == ContainerState.ContainerRunning && c.Labels["io.kubernetes.pod.name"] == mirror), () => cluster.LogTail(NodeDaemons.KubeletName));
        }
        finally
        {
            await cluster.Plane.StartApiServerAsync();
        }

        await cluster.WaitForPodReadyAsync(mirror);
        await cluster.WaitForNodeReadyAsync("True");
        File.Delete(manifest);
        await cluster.WaitForGoneAsync("pod", mirror);
    }
}
