using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using Answer = NodeAgent.KubeApi.Meta.V1.Status;
using Status = NodeAgent.Scheduler.Framework.Status;

namespace NodeAgent.Scheduler.Plugins.DefaultBinder;

/// <summary>Binds by posting to the pod's binding subresource; the UID makes sure that it is the pod that was looked at.</summary>
internal sealed class DefaultBinderPlugin(IKubeClient client) : IBindPlugin
{
    public string Name => PluginNames.DefaultBinder;

    public async Task<Status> BindAsync(Framework.CycleState state, PodInfo pod, string nodeName, CancellationToken cancellationToken)
    {
        var binding = new Binding
        {
            Metadata = new ObjectMeta { Namespace = pod.Namespace, Name = pod.Name, Uid = pod.Uid },
            Target = new ObjectReference { Kind = "Node", Name = nodeName },
        };
        await client.PostSubresourceAsync<Pod, Binding, Answer>(
            Resources.Pods, pod.Namespace, pod.Name, "binding", "v1", "Binding", binding, cancellationToken);
        return Status.Success;
    }
}
