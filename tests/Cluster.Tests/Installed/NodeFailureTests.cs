using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>What becomes of pods when something happens to their node.</summary>
[Collection(InstalledCollection.Name)]
[Trait("Category", "Cluster")]
public sealed class NodeFailureTests(InstalledCluster cluster)
{
    // Preferred, so that the pods start on the second node and can go elsewhere; gone from a dead node after two seconds.
    private string OnTheSecond => $$$"""
              tolerations:
              - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 2}
              - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 2}
              affinity:
                nodeAffinity:
                  preferredDuringSchedulingIgnoredDuringExecution:
                  - {weight: 100, preference: {matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [{{{cluster.Second.Name}}}]}]}}
        """;

    [Fact]
    public async Task NodeThatDies_LosesItsPodsToOthers_AndComesBack()
    {
        await cluster.ApplyAsync(WorkloadTests.Web("mortal", replicas: 1, more: OnTheSecond));
        await cluster.WaitForRolloutAsync("deployment", "mortal");
        Assert.Equal(cluster.Second.Name, await PlaceOfReadyAsync("mortal"));

        await cluster.Second.PowerOffAsync();
        try
        {
            await cluster.WaitForNodeAsync(cluster.Second, "Unknown");
            if (!cluster.Plane.Binaries.AtLeast(21))
            {
                // Up to v1.20.2 the controller may not taint a node again that was gone before: kubernetes/kubernetes#94183.
                await cluster.KubectlAsync("taint", "nodes", cluster.Second.Name, "node.kubernetes.io/unreachable:NoExecute", "--overwrite");
            }

            var seen = "";
            await Wait.UntilAsync("the pod to run elsewhere", TimeSpan.FromSeconds(60), async () =>
            {
                seen = await cluster.KubectlAsync("get", "pods", "-l", "app=mortal", "-o", "wide") + "\n"
                    + await cluster.KubectlAsync("get", "nodes", "-o", "jsonpath={range .items[*]}{.metadata.name} {.spec.taints[*].key}{\"\\n\"}{end}");
                return await PlaceOfReadyAsync("mortal") is { Length: > 0 } place && !place.Contains(cluster.Second.Name, StringComparison.Ordinal);
            }, () => seen, TimeSpan.FromMilliseconds(500));
        }
        finally
        {
            await cluster.Second.PowerOnAsync();
        }

        await cluster.WaitForNodeAsync(cluster.Second, "True");
        await Wait.UntilAsync("the old pod to go", TimeSpan.FromSeconds(60), async () => (await cluster.KubectlAsync("get", "pods", "-l", "app=mortal", "-o", "jsonpath={.items[*].spec.nodeName}")).Split(' ') is [var only] && only != cluster.Second.Name);
        await cluster.KubectlAsync("delete", "deployment,service", "mortal", "--wait=false");
    }

    [Fact]
    public async Task CutNetwork_MakesTheNodeUnknown_AndHealsWithoutARestart()
    {
        await cluster.ApplyAsync(WorkloadTests.Web("patient", replicas: 1, more: $"      nodeSelector: {{kubernetes.io/hostname: {cluster.Second.Name}}}"));
        await cluster.WaitForRolloutAsync("deployment", "patient");
        var before = await ContainerAsync("patient");

        await cluster.Second.CutFromControlPlaneAsync();
        try
        {
            await cluster.WaitForNodeAsync(cluster.Second, "Unknown");
        }
        finally
        {
            await cluster.Second.HealAsync();
        }

        await cluster.WaitForNodeAsync(cluster.Second, "True");
        await cluster.WaitForRolloutAsync("deployment", "patient");
        Assert.Equal(before, await ContainerAsync("patient"));
        await cluster.KubectlAsync("delete", "deployment,service", "patient", "--wait=false");
    }

    [Fact]
    public async Task Reboot_BringsPodsAndServicesBack()
    {
        await cluster.ApplyAsync(WorkloadTests.Web("rebooted", replicas: 1, more: $"      nodeSelector: {{kubernetes.io/hostname: {cluster.Second.Name}}}"));
        await cluster.WaitForRolloutAsync("deployment", "rebooted");
        var before = await ContainerAsync("rebooted");
        var clusterIp = await cluster.FieldAsync("service", "rebooted", ".spec.clusterIP");

        await cluster.Second.RebootAsync();

        await Wait.UntilAsync("a new container to be ready", TimeSpan.FromSeconds(90), async () => await PlaceOfReadyAsync("rebooted") == cluster.Second.Name && await ContainerAsync("rebooted") != before);
        foreach (var from in new[] { cluster.First, cluster.Second })
        {
            await Wait.UntilAsync($"the Service to answer on {from.Name}", TimeSpan.FromSeconds(60), async () => await InstalledCluster.GetFromAsync(from, $"http://{clusterIp}/") is { Length: > 0 });
        }

        await cluster.KubectlAsync("delete", "deployment,service", "rebooted", "--wait=false");
    }

    private Task<string> ContainerAsync(string app) => cluster.KubectlAsync("get", "pods", "-l", "app=" + app, "-o", "jsonpath={.items[*].status.containerStatuses[0].containerID}");

    // The nodes of the pods that are ready and not about to go, with a space between.
    private async Task<string> PlaceOfReadyAsync(string app)
    {
        var pods = await cluster.KubectlAsync("get", "pods", "-l", "app=" + app, "-o", "jsonpath={range .items[*]}{.spec.nodeName} {.status.conditions[?(@.type==\"Ready\")].status} {.metadata.deletionTimestamp}{\"\\n\"}{end}");
        return string.Join(' ', pods.Split('\n').Select(l => l.Trim().Split(' ')).Where(p => p is [_, "True"]).Select(p => p[0]));
    }
}
