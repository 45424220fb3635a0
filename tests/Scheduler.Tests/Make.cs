using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Scheduler.Tests;

/// <summary>Pods and nodes in a line.</summary>
internal static class Make
{
    private static int _lastUid;

    public static Node Node(string name, string cpu = "4", string memory = "8Gi", int pods = 110, params (string Key, string Value)[] labels)
    {
        var node = new Node
        {
            Metadata = new ObjectMeta { Name = name, Uid = $"node-{Interlocked.Increment(ref _lastUid)}" },
            Spec = new NodeSpec(),
            Status = new NodeStatus(),
        };
        node.Metadata.Labels["kubernetes.io/hostname"] = name;
        foreach (var (key, value) in labels)
        {
            node.Metadata.Labels[key] = value;
        }

        node.Status.Allocatable["cpu"] = Quantity.Parse(cpu);
        node.Status.Allocatable["memory"] = Quantity.Parse(memory);
        node.Status.Allocatable["pods"] = Quantity.Parse($"{pods}");
        return node;
    }

    public static Node Tainted(this Node node, string key, string effect, string value = "")
    {
        node.Spec.Taints.Add(new Taint { Key = key, Value = value, Effect = effect });
        return node;
    }

    public static Node Cordoned(this Node node)
    {
        node.Spec.Unschedulable = true;
        return node;
    }

    public static Node WithImage(this Node node, string name, long size)
    {
        node.Status.Images.Add(new ContainerImage { Names = { name }, SizeBytes = size });
        return node;
    }

    public static Node Offering(this Node node, string resource, string amount)
    {
        node.Status.Allocatable[resource] = Quantity.Parse(amount);
        return node;
    }

    public static Pod Pod(string name, string? cpu = null, string? memory = null, int priority = 0, string? node = null, params (string Key, string Value)[] labels)
    {
        var container = new Container { Name = "main", Image = "app", Resources = new ResourceRequirements() };
        if (cpu is not null)
        {
            container.Resources.Requests["cpu"] = Quantity.Parse(cpu);
        }

        if (memory is not null)
        {
            container.Resources.Requests["memory"] = Quantity.Parse(memory);
        }

        var pod = new Pod
        {
            Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = $"uid-{name}-{Interlocked.Increment(ref _lastUid)}" },
            Spec = new PodSpec { SchedulerName = "default-scheduler", Priority = priority, Containers = { container } },
            Status = new PodStatus { Phase = "Pending" },
        };
        if (node is not null)
        {
            pod.Spec.NodeName = node;
        }

        foreach (var (key, value) in labels)
        {
            pod.Metadata.Labels[key] = value;
        }

        return pod;
    }

    public static Pod With(this Pod pod, Action<Pod> change)
    {
        change(pod);
        return pod;
    }

    public static Pod Asking(this Pod pod, string resource, string amount) =>
        pod.With(p => p.Spec.Containers[0].Resources.Requests[resource] = Quantity.Parse(amount));

    public static Pod WithHostPort(this Pod pod, int port, string ip = "", string protocol = "TCP") =>
        pod.With(p => p.Spec.Containers[0].Ports.Add(new ContainerPort { HostPort = port, ContainerPort_ = port, HostIP = ip, Protocol = protocol }));

    public static Pod Tolerating(this Pod pod, string key, string effect = "", string op = "Exists", string value = "") =>
        pod.With(p => p.Spec.Tolerations.Add(new Toleration { Key = key, Effect = effect, Operator = op, Value = value }));

    public static Pod Selecting(this Pod pod, string key, string value) => pod.With(p => p.Spec.NodeSelector[key] = value);

    public static Pod Requiring(this Pod pod, params NodeSelectorTerm[] terms) => pod.With(p =>
    {
        p.Spec.Affinity ??= new Affinity();
        p.Spec.Affinity.NodeAffinity ??= new NodeAffinity();
        p.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution = new NodeSelector { NodeSelectorTerms = { terms } };
    });

    public static Pod Preferring(this Pod pod, int weight, NodeSelectorTerm term) => pod.With(p =>
    {
        p.Spec.Affinity ??= new Affinity();
        p.Spec.Affinity.NodeAffinity ??= new NodeAffinity();
        p.Spec.Affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution.Add(new PreferredSchedulingTerm { Weight = weight, Preference = term });
    });

    public static NodeSelectorTerm Term(string key, string op, params string[] values) =>
        new() { MatchExpressions = { new NodeSelectorRequirement { Key = key, Operator = op, Values = { values } } } };

    public static NodeSelectorTerm Field(string name) =>
        new() { MatchFields = { new NodeSelectorRequirement { Key = "metadata.name", Operator = "In", Values = { name } } } };
}
