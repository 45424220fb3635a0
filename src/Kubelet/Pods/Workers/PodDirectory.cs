using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Server;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>The pods as the server shows them.</summary>
internal sealed class PodDirectory(PodManager pods, StatusWriter statuses) : IPodDirectory
{
    public Pod? Find(string namespaceName, string name) =>
        pods.Workers.FirstOrDefault(w => w.Pod.Metadata.Name == name && w.Pod.Metadata.Namespace == namespaceName) is { } worker ? WithStatus(worker) : null;

    public IReadOnlyList<Pod> List() => [.. pods.Workers.Select(WithStatus)];

    private Pod WithStatus(PodWorker worker)
    {
        if (statuses.Get(worker.Uid) is not { } status)
        {
            return worker.Pod;
        }

        // Spec and metadata are shared with the original: the answer is only read.
        return new Pod { Metadata = worker.Pod.Metadata, Spec = worker.Pod.Spec, Status = status };
    }
}
