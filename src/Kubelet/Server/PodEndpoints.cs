using Microsoft.AspNetCore.Http;
using NodeAgent.ContainerRuntime;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Kubelet.Server;

/// <summary>/pods: what this kubelet is to run. /runningpods: what the engine runs.</summary>
internal sealed class PodEndpoints(IPodDirectory pods, IRuntimeService runtime)
{
    private const string NameLabel = "io.kubernetes.pod.name";
    private const string NamespaceLabel = "io.kubernetes.pod.namespace";
    private const string UidLabel = "io.kubernetes.pod.uid";
    private const string ContainerLabel = "io.kubernetes.container.name";

    public Task PodsAsync(HttpContext context) => WriteAsync(context, pods.List());

    public async Task RunningPodsAsync(HttpContext context)
    {
        var running = new Cri.ContainerFilter { State = new Cri.ContainerStateValue { State = Cri.ContainerState.ContainerRunning } };
        var containers = await runtime.ListContainersAsync(running, context.RequestAborted);
        await WriteAsync(context, containers.Where(c => c.Labels.ContainsKey(UidLabel)).GroupBy(c => c.Labels[UidLabel]).Select(ToPod));
    }

    private static Pod ToPod(IGrouping<string, Cri.Container> containers)
    {
        var labels = containers.First().Labels;
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Name = Label(labels, NameLabel), Namespace = Label(labels, NamespaceLabel), Uid = containers.Key },
            Spec = new PodSpec(),
            Status = new PodStatus(),
        };
        pod.Spec.Containers.AddRange(containers.Select(c => new Container { Name = Label(c.Labels, ContainerLabel), Image = c.Image?.Image ?? "" }));
        return pod;
    }

    private static string Label(IDictionary<string, string> labels, string name) => labels.TryGetValue(name, out var value) ? value : "";

    private static Task WriteAsync(HttpContext context, IEnumerable<Pod> list)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(KubeJson.ToText(KubeJson.ToListNode("v1", "PodList", list)), context.RequestAborted);
    }
}
