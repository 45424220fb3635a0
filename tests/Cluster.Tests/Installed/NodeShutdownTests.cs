using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>A shutdown of a host with a real logind, which the kubelet holds back while pods end.</summary>
[Collection(InstalledCollection.Name)]
[Trait("Category", "Cluster")]
public sealed class NodeShutdownTests(InstalledCluster cluster)
{
    private const string DropIn = "/etc/kubernetes/kubelet.conf.d/95-shutdown.conf";
    private const string Marks = "/var/tmp/shutdown-marks";

    [Fact]
    public async Task Shutdown_CalledOff_IsForgotten_AndAReboot_WaitsForPods_TheImportantOnesLast()
    {
        var node = cluster.Second;
        await node.WriteAsync(DropIn, """
            apiVersion: kubelet.config.k8s.io/v1beta1
            kind: KubeletConfiguration
            shutdownGracePeriod: 14s
            shutdownGracePeriodCriticalPods: 6s

            """);
        try
        {
            await node.ShellAsync($"mkdir -p {Marks}; systemctl restart kubelet");
            await WaitForLockAsync();
            Assert.Equal("InhibitDelayMaxSec=14", await node.OutputAsync("grep -h ^InhibitDelayMaxSec /etc/systemd/logind.conf.d/99-kubelet.conf"));
            await ShutDownAndCallOffAsync();
            await RebootWithPodsAsync();
        }
        finally
        {
            await node.ShellAsync($"rm -rf {DropIn} {Marks} /etc/systemd/logind.conf.d/99-kubelet.conf; systemctl restart kubelet", throwOnFailure: false);
            await cluster.KubectlAsync("delete", "pod", "polite", "stubborn", "too-late", "--ignore-not-found", "--wait=false");
            await cluster.KubectlAsync("delete", "pod", "critical", "--namespace=kube-system", "--ignore-not-found", "--wait=false");
        }
    }

    // logind itself tells of a shutdown that is called off by the same two signals.
    private async Task ShutDownAndCallOffAsync()
    {
        var node = cluster.Second;
        await SignalAsync("true");
        await cluster.WaitForFieldAsync("node", node.Name, ".status.conditions[?(@.type==\"Ready\")].message", "node is shutting down");
        await cluster.ApplyAsync(Pod("too-late", "default", 1, 0));
        await cluster.WaitForFieldAsync("pod", "too-late", ".status.reason", "NodeShutdown");
        Assert.Equal("Pod was rejected: Pod was rejected as the node is shutting down.", await cluster.FieldAsync("pod", "too-late", ".status.message"));

        await SignalAsync("false");
        await cluster.WaitForNodeAsync(node, "True");
        await WaitForLockAsync();

        Task SignalAsync(string begins) => node.ShellAsync($"busctl emit /org/freedesktop/login1 org.freedesktop.login1.Manager PrepareForShutdown b {begins}");
    }

    private async Task RebootWithPodsAsync()
    {
        var node = cluster.Second;
        await cluster.ApplyAsync(Pod("polite", "default", 8, 2) + "\n---\n" + Pod("stubborn", "default", 60, 60) + "\n---\n" + Pod("critical", "kube-system", 5, 1, "priorityClassName: system-node-critical"));
        foreach (var name in new[] { "polite", "stubborn", "critical" })
        {
            await Wait.UntilAsync($"{name} to listen for signals", TimeSpan.FromSeconds(30), async () => (await node.OutputAsync($"cat {Marks}/* 2>/dev/null || true")).Contains($"{name} runs", StringComparison.Ordinal));
        }

        await node.RebootAsync();

        await AssertEndedByShutdownAsync("polite", "default");
        await AssertEndedByShutdownAsync("stubborn", "default");
        await AssertEndedByShutdownAsync("critical", "kube-system");

        // The stubborn one has what its group has, then the critical one is told.
        var marks = (await node.OutputAsync($"cat {Marks}/all")).Split('\n').Where(l => !l.EndsWith(" runs", StringComparison.Ordinal)).ToList();
        Assert.Equal("polite gets its signal,polite ends,critical gets its signal,critical ends", string.Join(',', marks.Where(m => !m.StartsWith("stubborn", StringComparison.Ordinal))));
        Assert.Contains("stubborn gets its signal", marks[..marks.IndexOf("critical gets its signal")]);
        Assert.Contains("Shutdown manager detected shutdown event", await cluster.KubectlAsync("get", "events", "--all-namespaces", "--field-selector", $"involvedObject.name={node.Name},reason=Shutdown", "-o", "jsonpath={.items[*].message}"), StringComparison.Ordinal);
        await cluster.WaitForNodeAsync(node, "True");
        var metrics = await cluster.KubectlAsync("get", "--raw", $"/api/v1/nodes/{node.Name}/proxy/metrics");
        Assert.Matches(@"kubelet_graceful_shutdown_end_time_seconds 1\.?\d+", metrics);
    }

    private Task WaitForLockAsync() => Wait.UntilAsync("the kubelet to hold shutdowns back", TimeSpan.FromSeconds(30), async () =>
        (await cluster.Second.OutputAsync("systemd-inhibit --list --no-pager --no-legend")).Split('\n').Any(l => l.Contains("kubelet", StringComparison.Ordinal) && l.Contains("shutdown", StringComparison.Ordinal) && l.Contains("delay", StringComparison.Ordinal)));

    private async Task AssertEndedByShutdownAsync(string name, string space)
    {
        Task<string> FieldAsync(string path) => cluster.KubectlAsync("get", "pod", name, $"--namespace={space}", "-o", $"jsonpath={{{path}}}");

        Assert.Equal("Failed", await FieldAsync(".status.phase"));
        Assert.Equal("Terminated", await FieldAsync(".status.reason"));
        Assert.Equal("Pod was terminated in response to imminent node shutdown.", await FieldAsync(".status.message"));
        Assert.Equal("True TerminationByKubelet", await FieldAsync(".status.conditions[?(@.type==\"DisruptionTarget\")].status") + " " + await FieldAsync(".status.conditions[?(@.type==\"DisruptionTarget\")].reason"));
    }

    /// <param name="grace">The pod's grace period in seconds.</param>
    /// <param name="takes">How many seconds it takes to end after its signal.</param>
    private string Pod(string name, string space, int grace, int takes, string more = "") => $$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{name}}, namespace: {{space}}}
        spec:
          nodeName: {{cluster.Second.Name}}
          restartPolicy: Never
          terminationGracePeriodSeconds: {{grace}}
          {{more}}
          volumes:
          - {name: marks, hostPath: {path: "{{Marks}}"} }
          containers:
          - name: main
            image: {{TestImages.BusyboxName}}
            command:
            - sh
            - -c
            - 'trap "echo {{name}} gets its signal >>/marks/all; sleep {{takes}}; echo {{name}} ends >>/marks/all; exit 0" TERM; echo {{name}} runs >>/marks/all; while true; do sleep 0.1; done'
            volumeMounts: [{name: marks, mountPath: /marks}]
        """;
}
