using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>Removes what pods that have ended left in the engine, for a node that is short of disk: their containers, with logs, and their sandboxes.</summary>
internal sealed partial class DeadContainers(PodManager pods, IRuntimeService runtime, PodPaths paths, ILogger<DeadContainers> logger)
{
    /// <summary>The statuses of the pods stay as they were told.</summary>
    /// <exception cref="RuntimeException">The engine cannot remove one.</exception>
    public async Task RemoveAllAsync(CancellationToken cancellationToken)
    {
        var ended = pods.Workers.Where(w => w is { IsDone: true, Mailbox.IsRemoved: false } && w.Observed.IsDown).ToDictionary(w => w.Uid, w => w.Pod);
        if (ended.Count == 0)
        {
            return;
        }

        foreach (var container in await runtime.ListContainersAsync(null, cancellationToken))
        {
            if (container.State == Cri.ContainerState.ContainerExited && container.Labels.TryGetValue(RuntimeLabels.PodUid, out var uid) && ended.TryGetValue(new PodUid(uid), out var pod))
            {
                LogRemoving(container.Metadata.Name, pod.Describe());
                await runtime.RemoveContainerAsync(container.Id, cancellationToken);
                paths.DeleteLogs(pod, container.Metadata.Name, (int)container.Metadata.Attempt, container.Id);
            }
        }

        foreach (var sandbox in await runtime.ListPodSandboxAsync(null, cancellationToken))
        {
            if (sandbox.State == Cri.PodSandboxState.SandboxNotready && sandbox.Labels.TryGetValue(RuntimeLabels.PodUid, out var uid) && ended.ContainsKey(new PodUid(uid)))
            {
                await runtime.RemovePodSandboxAsync(sandbox.Id, cancellationToken);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The node is short of disk: removing the dead container {Container} of pod {Pod}, which has ended")]
    private partial void LogRemoving(string container, string pod);
}
