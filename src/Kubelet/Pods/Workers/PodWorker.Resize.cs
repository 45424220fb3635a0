using System.Collections.Immutable;
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

    /// <summary>What the pod's cgroup has of the pod's own resources; null until the pod was looked at.</summary>
    private ResourceRequirements? _actualOfPod;

    /// <summary>Whether it has resources that are not yet what its owner wants and the node has granted.</summary>
    public bool IsResizing { get; private set; }

    /// <summary>Keeps what is known of the containers that run.</summary>
    private void TrackResources(Pod pod)
    {
        _actualOfPod ??= (ToldOfPod(pod) ?? pod.Spec.Resources)?.Clone() ?? new ResourceRequirements();
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

    /// <summary>What an earlier kubelet told of the pod's own resources: a resize that it did not come to is done now.</summary>
    private static ResourceRequirements? ToldOfPod(Pod pod)
    {
        if (pod.Spec.Resources is not { } own || pod.Status?.Resources is not { } told)
        {
            return null;
        }

        var result = own.Clone();
        foreach (var (from, to) in ((IDictionary<string, KubeApi.Meta.Quantity>, IDictionary<string, KubeApi.Meta.Quantity>)[])[(told.Requests, result.Requests), (told.Limits, result.Limits)])
        {
            foreach (var name in to.Keys.Where(from.ContainsKey).ToList())
            {
                to[name] = from[name];
            }
        }

        return result;
    }

    /// <returns>Whether anything was done.</returns>
    private async Task<bool> ResizeAsync(Pod pod, CancellationToken cancellationToken)
    {
        var plan = PlanResize(pod);
        if (plan.IsEmpty && !ResizePlanner.PodChanged(pod, _actualOfPod))
        {
            return false;
        }

        var (start, succeeded) = (Time.GetTimestamp(), false);
        try
        {
            await _context.Runtime.ResizeAsync(pod, plan, _actual, _actualOfPod, cancellationToken);
            _actualOfPod = pod.Spec.Resources?.Clone() ?? new ResourceRequirements();
            (_resizeError, succeeded) = (null, true);
            if (PlanResize(pod).IsEmpty)
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
        finally
        {
            _context.Metrics.Resizes.Carried(succeeded, Time.GetElapsedTime(start));
        }
    }

    private ImmutableArray<ContainerResize> PlanResize(Pod pod) => ResizePlanner.Plan(pod, _observed, _actual, _actualOfPod);

    private PodCondition? ResizeCondition(Pod pod) => PlanResize(pod).IsEmpty && !ResizePlanner.PodChanged(pod, _actualOfPod)
        ? null
        : PodConditions.Make(PodConditions.ResizeInProgress, true, _resizeError is null ? "" : "Error", _resizeError ?? "");
}
