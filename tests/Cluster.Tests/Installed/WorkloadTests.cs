using System.Globalization;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Nodes;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>What people run, on three nodes: one of them on Docker Engine.</summary>
[Collection(InstalledCollection.Name)]
[Trait("Category", "Cluster")]
public sealed class WorkloadTests(InstalledCluster cluster)
{
    private NodeContainer[] Nodes => [cluster.First, cluster.Second, cluster.Third];

    [Fact]
    public async Task Nodes_AreReady_OnTheirRuntimes()
    {
        foreach (var node in Nodes)
        {
            await cluster.WaitForNodeAsync(node, "True");
        }

        Assert.StartsWith("containerd://", await cluster.FieldAsync("node", cluster.First.Name, ".status.nodeInfo.containerRuntimeVersion"), StringComparison.Ordinal);
        Assert.StartsWith("docker://", await cluster.FieldAsync("node", cluster.Third.Name, ".status.nodeInfo.containerRuntimeVersion"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deployment_IsReachedFromEveryNode_ByServiceAndByPodAddress()
    {
        await cluster.ApplyAsync(Web("reach", replicas: 3, more: """
                  topologySpreadConstraints:
                  - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: reach}}}
            """));
        await cluster.WaitForRolloutAsync("deployment", "reach");
        var placed = (await cluster.KubectlAsync("get", "pods", "-l", "app=reach", "-o", "jsonpath={range .items[*]}{.spec.nodeName} {.status.podIP} {.metadata.name}{\"\\n\"}{end}"))
            .Split('\n').Select(l => l.Split(' ')).ToList();
        Assert.Equal(Nodes.Select(n => n.Name).Order(), placed.Select(p => p[0]).Order());
        var clusterIp = await cluster.FieldAsync("service", "reach", ".spec.clusterIP");
        var nodePort = await cluster.FieldAsync("service", "reach", ".spec.ports[0].nodePort");

        foreach (var from in Nodes)
        {
            foreach (var pod in placed)
            {
                Assert.Equal(pod[2], await InstalledCluster.GetFromAsync(from, $"http://{pod[1]}:8080/"));
            }

            foreach (var url in Nodes.Select(n => $"http://{n.Address}:{nodePort}/").Append($"http://{clusterIp}/"))
            {
                await AllAnswerAsync(from, url, placed.Select(p => p[2]));
            }
        }

        var asking = placed[0][2];
        foreach (var pod in placed)
        {
            Assert.Equal(pod[2], await AskFromPodAsync(asking, $"{pod[1]} 8080"));
        }

        Assert.Contains(await AskFromPodAsync(asking, $"{clusterIp} 80"), placed.Select(p => p[2]));
        await cluster.KubectlAsync("delete", "deployment,service", "reach", "--wait=false");
    }

    [Fact]
    public async Task StatefulSetDaemonSetJobAndCronJob_DoWhatTheyAreFor()
    {
        await cluster.ApplyAsync(Controllers());
        await cluster.WaitForRolloutAsync("statefulset", "ordered");
        await cluster.WaitForRolloutAsync("daemonset", "everywhere");
        await cluster.WaitForFieldAsync("job", "once", ".status.succeeded", "3");

        Assert.Equal("ordered-0\nordered-1", string.Join('\n', (await cluster.KubectlAsync("get", "pods", "-l", "app=ordered", "-o", "jsonpath={.items[*].metadata.name}")).Split(' ').Order()));
        Assert.Equal(Nodes.Select(n => n.Name).Order(), (await cluster.KubectlAsync("get", "pods", "-l", "app=everywhere", "-o", "jsonpath={.items[*].spec.nodeName}")).Split(' ').Order());

        // The schedule is every minute; the job of it comes when the minute is over.
        await Wait.UntilAsync("a job of the CronJob to succeed", TimeSpan.FromSeconds(100), async () =>
            (await cluster.KubectlAsync("get", "jobs", "-o", "jsonpath={range .items[*]}{.metadata.name}={.status.succeeded} {end}")).Split(' ').Any(j => j.StartsWith("tick-", StringComparison.Ordinal) && j.EndsWith("=1", StringComparison.Ordinal)), interval: TimeSpan.FromSeconds(1));
        await cluster.KubectlAsync("delete", "statefulset/ordered", "daemonset/everywhere", "job/once", "cronjob/tick", "--wait=false");
    }

    [Fact]
    public async Task RollingUpdate_UnderLoad_FailsNoRequest()
    {
        await cluster.ApplyAsync(Web("rolling", replicas: 3, more: ""));
        await cluster.WaitForRolloutAsync("deployment", "rolling");
        var clusterIp = await cluster.FieldAsync("service", "rolling", ".spec.clusterIP");
        await AllAnswerAsync(cluster.First, $"http://{clusterIp}/", []);

        var load = cluster.First.ShellAsync($"touch /run/load; ok=0; bad=0; while [ -e /run/load ]; do if curl --silent --fail --max-time 5 http://{clusterIp}/ >/dev/null; then ok=$((ok + 1)); else bad=$((bad + 1)); fi; done; echo $ok $bad");
        await cluster.KubectlAsync("patch", "deployment", "rolling", "-p", """{"spec":{"template":{"metadata":{"annotations":{"round":"2"}}}}}""");
        await cluster.WaitForRolloutAsync("deployment", "rolling");
        await cluster.First.ShellAsync("rm /run/load");

        var counts = (await load).Output.Trim().Split(' ').Select(c => int.Parse(c, CultureInfo.InvariantCulture)).ToArray();
        Assert.True(counts[0] > 20 && counts[1] == 0, $"{counts[0]} requests were answered and {counts[1]} were not");
        await cluster.KubectlAsync("delete", "deployment,service", "rolling", "--wait=false");
    }

    [Fact]
    public async Task Drain_MovesPods_AndUncordonLetsThemBack()
    {
        await cluster.ApplyAsync(Web("moving", replicas: 2, more: $"      nodeSelector: {{kubernetes.io/hostname: {cluster.Third.Name}}}"));
        await cluster.WaitForRolloutAsync("deployment", "moving");

        // Nodes and pods are watched apart: who cordons and evicts in one go may see the new pods placed before the scheduler hears of the cordon.
        await cluster.KubectlAsync("cordon", cluster.Third.Name);
        await cluster.WaitForFieldAsync("node", cluster.Third.Name, ".spec.taints[?(@.key==\"node.kubernetes.io/unschedulable\")].effect", "NoSchedule");
        await cluster.Plane.KubectlAsync(["drain", cluster.Third.Name, "--ignore-daemonsets", "--force", "--delete-emptydir-data", "--pod-selector=app=moving", "--timeout=60s"]);

        var places = await cluster.KubectlAsync("get", "pods", "-l", "app=moving", "-o", "jsonpath={.items[*].status.phase}");
        Assert.Equal("Pending Pending", places);
        await cluster.KubectlAsync("uncordon", cluster.Third.Name);
        await cluster.WaitForRolloutAsync("deployment", "moving");
        await cluster.KubectlAsync("delete", "deployment,service", "moving", "--wait=false");
    }

    // The test image's wget is a static program that its C library crashes when it looks up a host.
    private Task<string> AskFromPodAsync(string pod, string target) =>
        cluster.KubectlAsync("exec", pod, "--", "sh", "-c", $"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc {target} | tail -n 1");

    private static async Task AllAnswerAsync(NodeContainer from, string url, IEnumerable<string> pods)
    {
        var missing = pods.ToHashSet();
        await Wait.UntilAsync($"all pods to answer on {url} as asked from {from.Name}", TimeSpan.FromSeconds(30), async () =>
        {
            var answers = await from.ShellAsync($"for i in $(seq 12); do curl --silent --fail --max-time 3 {url} || true; echo; done");
            var got = answers.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            missing.ExceptWith(got);
            return missing.Count == 0 && got.Length > 0;
        }, () => $"no answer of {string.Join(", ", missing)}");
    }

    internal static string Web(string name, int replicas, string more) => $$$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: {{{name}}}}
        spec:
          replicas: {{{replicas}}}
          selector: {matchLabels: {app: {{{name}}}}}
          template:
            metadata: {labels: {app: {{{name}}}}}
            spec:
              terminationGracePeriodSeconds: 10
        {{{more}}}
              containers:
              - name: web
                image: {{{TestImages.BusyboxName}}}
                imagePullPolicy: Never
                command: [sh, -c, "hostname >/www/index.html; exec httpd -f -p 8080 -h /www"]
                readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
                lifecycle: {preStop: {exec: {command: [sleep, "3"] } } }
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: {{{name}}}}
        spec:
          type: NodePort
          selector: {app: {{{name}}}}
          ports: [{port: 80, targetPort: 8080}]
        """;

    private string Controllers() => $$$"""
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: ordered}
        spec:
          serviceName: ordered
          replicas: 2
          selector: {matchLabels: {app: ordered}}
          template:
            metadata: {labels: {app: ordered}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: "{{{TestImages.BusyboxName}}}", imagePullPolicy: Never, command: [sleep, "3600"]}]
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: everywhere}
        spec:
          selector: {matchLabels: {app: everywhere}}
          template:
            metadata: {labels: {app: everywhere}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: "{{{TestImages.BusyboxName}}}", imagePullPolicy: Never, command: [sleep, "3600"]}]
        ---
        apiVersion: batch/v1
        kind: Job
        metadata: {name: once}
        spec:
          completions: 3
          parallelism: 3
          template:
            spec:
              restartPolicy: Never
              containers: [{name: main, image: "{{{TestImages.BusyboxName}}}", imagePullPolicy: Never, command: [echo, done]}]
        ---
        apiVersion: {{{(cluster.Plane.Binaries.AtLeast(21) ? "batch/v1" : "batch/v1beta1")}}}
        kind: CronJob
        metadata: {name: tick}
        spec:
          schedule: "* * * * *"
          jobTemplate:
            spec:
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: main, image: "{{{TestImages.BusyboxName}}}", imagePullPolicy: Never, command: [echo, tick]}]
        """;
}
