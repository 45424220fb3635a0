using NodeAgent.KubeApi.Informers;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Pods.Workers;

namespace NodeAgent.Kubelet.Pods.Sources;

/// <summary>The pods that the API server has for this node; mirror pods among them go to whoever keeps those.</summary>
internal sealed class ApiPods(PodManager pods, MirrorPods mirrors, StatusWriter statuses) : IInformerHandler<Pod>
{
    public void OnAdd(Pod value, bool isInInitialList) => Take(value);

    public void OnUpdate(Pod oldValue, Pod newValue)
    {
        if (oldValue.Metadata.Uid != newValue.Metadata.Uid)
        {
            OnDelete(oldValue);
        }

        Take(newValue);
    }

    public void OnDelete(Pod value)
    {
        if (value.IsMirror())
        {
            mirrors.Gone(value);
        }
        else
        {
            pods.Remove(value.Uid());
        }
    }

    private void Take(Pod pod)
    {
        if (pod.IsMirror())
        {
            mirrors.Seen(pod);
        }
        else
        {
            statuses.Observe(pod.Uid(), pod);
            pods.Apply(pod);
        }
    }
}
