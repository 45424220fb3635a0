using NodeAgent.ContainerRuntime;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>Resources of containers that change while they run.</summary>
internal sealed partial class PodWorker
{
    /// <summary>What running containers have, by id. Of those that an earlier kubelet started, the status in the API tells it.</summary>
    private readonly Dictionary<string, ResourceRequirements> _actual = [];
    private string? _resizeError;

    /// <summary>Keeps what is known of the containers that run.</summary>
    private void TrackResources(Pod pod)
    {
        foreach (var gone in _actual.Keys.Where(id => !_observed.Containers.Any(c => c.Id == id && c.IsRunning)).ToList())
        {
            _actual.Remove(gone);
        }

        foreach (var running in _observed.Containers.Where(c => c.IsRunning && !_actual.ContainsKey(c.Id)))
        {
            if (pod.FindContainer(running.Name) is { } found)
            {
                var told = pod.Status?.ContainerStatuses.Concat(pod.Status.InitContainerStatuses).FirstOrDefault(s => s.ContainerID == running.ApiId)?.Resources;
                _actual[running.Id] = (told is { } known && known.Requests.Count + known.Limits.Count > 0 ? known : found.Spec.Resources)?.Clone() ?? new ResourceRequirements();
            }
        }
    }

    /// <returns>Whether anything was done.</returns>
    private async Task<bool> ResizeAsync(Pod pod, CancellationToken cancellationToken)
    {
        var plan = ResizePlanner.Plan(pod, _observed, _actual);
        if (plan.IsEmpty)
        {
            return false;
        }

        try
        {
            await _context.Runtime.ResizeAsync(pod, plan, _actual, cancellationToken);
            _resizeError = null;
            if (ResizePlanner.Plan(pod, _observed, _actual).IsEmpty)
            {
                _context.Events.Record(pod.Reference(), EventType.Normal, "ResizeCompleted", ResizeText.Describe(pod, "Pod resize completed"));
            }

            return true;
        }
        catch (Exception e) when (e is RuntimeException or IOException)
        {
            _resizeError = e.Message;
            _context.Events.Record(pod.Reference(), EventType.Warning, "ResizeError", ResizeText.Describe(pod, "Pod resize error", e.Message));
            Publish(isTerminated: false);
            throw;
        }
    }

    private PodCondition? ResizeCondition(Pod pod) => ResizePlanner.Plan(pod, _observed, _actual).IsEmpty
        ? null
        : PodConditions.Make(PodConditions.ResizeInProgress, true, _resizeError is null ? "" : "Error", _resizeError ?? "");
}
