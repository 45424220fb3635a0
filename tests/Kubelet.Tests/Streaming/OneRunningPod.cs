using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Server;
using Core = NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.Kubelet.Tests.Streaming;

/// <summary>The pod default/web with a running container "main", under any name that is asked for.</summary>
internal sealed class OneRunningPod : IPodDirectory
{
    private readonly Core.Pod _pod = new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "uid-1" },
        Spec = new Core.PodSpec { Containers = { new Core.Container { Name = "main" } } },
        Status = new Core.PodStatus
        {
            Phase = "Running",
            ContainerStatuses = { new Core.ContainerStatus { Name = "main", ContainerID = "docker://abc", State = new Core.ContainerState { Running = new Core.ContainerStateRunning() } } },
        },
    };

    public Core.Pod? Find(string namespaceName, string name) => _pod;

    public IReadOnlyList<Core.Pod> List() => [_pod];
}
