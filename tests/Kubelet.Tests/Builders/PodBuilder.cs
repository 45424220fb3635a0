using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Kubelet.Tests.Builders;

/// <summary>Pods as the API server would give them, with only what a test is about spelled out.</summary>
internal sealed class PodBuilder
{
    private readonly Pod _pod = new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "uid-1", Generation = 1 },
        Spec = new PodSpec { RestartPolicy = "Always", TerminationGracePeriodSeconds = 30, DnsPolicy = "ClusterFirst" },
        Status = new PodStatus { Phase = "Pending" },
    };

    public PodBuilder Restart(string policy)
    {
        _pod.Spec.RestartPolicy = policy;
        return this;
    }

    public PodBuilder Container(string name, Action<Container>? change = null)
    {
        _pod.Spec.Containers.Add(Make(name, change));
        return this;
    }

    public PodBuilder Init(string name, Action<Container>? change = null)
    {
        _pod.Spec.InitContainers.Add(Make(name, change));
        return this;
    }

    public PodBuilder Sidecar(string name, Action<Container>? change = null)
    {
        var container = Make(name, change);
        container.RestartPolicy = "Always";
        _pod.Spec.InitContainers.Add(container);
        return this;
    }

    public PodBuilder Ephemeral(string name)
    {
        _pod.Spec.EphemeralContainers.Add(new EphemeralContainer { EphemeralContainerCommon = new EphemeralContainerCommon { Name = name, Image = "img" } });
        return this;
    }

    public PodBuilder Deleted()
    {
        _pod.Metadata.DeletionTimestamp = new Time { Seconds = 1 };
        _pod.Metadata.DeletionGracePeriodSeconds = 30;
        return this;
    }

    public PodBuilder With(Action<Pod> change)
    {
        change(_pod);
        return this;
    }

    public Pod Build() => _pod;

    public static void Requests(Container container, string cpu, string memory)
    {
        container.Resources ??= new ResourceRequirements();
        container.Resources.Requests["cpu"] = new Quantity { String = cpu };
        container.Resources.Requests["memory"] = new Quantity { String = memory };
    }

    public static void Limits(Container container, string cpu, string memory)
    {
        container.Resources ??= new ResourceRequirements();
        container.Resources.Limits["cpu"] = new Quantity { String = cpu };
        container.Resources.Limits["memory"] = new Quantity { String = memory };
    }

    private static Container Make(string name, Action<Container>? change)
    {
        var container = new Container { Name = name, Image = "img" };
        change?.Invoke(container);
        return container;
    }
}
