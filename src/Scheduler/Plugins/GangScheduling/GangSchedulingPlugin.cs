using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Objects;
using NodeAgent.KubeApi.Scheduling.V1Alpha2;
using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.GangScheduling;

/// <summary>
/// All or nothing for the pods of a PodGroup with the policy <c>gang</c>: none enters the queue before there are minCount of them,
/// and none is bound before minCount of them have nodes.
/// </summary>
/// <remarks>Behind the gate GangScheduling (alpha, off) as upstream's, with the API scheduling.k8s.io/v1alpha2 of v1.36.</remarks>
internal sealed class GangSchedulingPlugin(IStore<PodGroup> podGroups, PodGroups members, Func<string, IWaitingPod?> findWaiting) : IPreEnqueuePlugin, IPermitPlugin, IEventInterests
{
    /// <summary>How long a pod keeps its room for the others of its gang.</summary>
    internal static readonly TimeSpan PermitTimeout = TimeSpan.FromMinutes(5);

    public string Name => PluginNames.GangScheduling;

    /// <remarks>Neither a pod's group nor a group's policy can change, so additions are all that there is to hear of.</remarks>
    public IReadOnlyList<EventInterest> Interests { get; } =
    [
        new(new ClusterEvent(EventResource.Pod, ActionType.Add), IsOfOneGroup),
        new(new ClusterEvent(EventResource.PodGroup, ActionType.Add), IsOwnGroup),
    ];

    public Status PreEnqueue(PodInfo pod)
    {
        if (PodGroups.Of(pod.Pod) is not { } name)
        {
            return Status.Success;
        }

        if (podGroups.Get(name.Namespace, name.Name) is not { } group)
        {
            return Status.Unresolvable($"waiting for pods's pod group \"{name.Name}\" to appear in scheduling queue");
        }

        return MinCount(group) is { } minCount && members.Count(name) < minCount
            ? Status.Unresolvable("waiting for minCount pods from a gang to appear in scheduling queue", $"{members.Count(name)} of {minCount} are there")
            : Status.Success;
    }

    public (Status Status, TimeSpan Timeout) Permit(CycleState state, PodInfo pod, string nodeName)
    {
        if (PodGroups.Of(pod.Pod) is not { } name)
        {
            return (Status.Success, TimeSpan.Zero);
        }

        if (podGroups.Get(name.Namespace, name.Name) is not { } group)
        {
            return (Status.Error($"failed to get podGroup {name}: it does not exist"), TimeSpan.Zero);
        }

        if (MinCount(group) is not { } minCount)
        {
            return (Status.Success, TimeSpan.Zero);
        }

        if (members.PlacedCount(name) < minCount)
        {
            return (Status.Wait("waiting for minCount pods from a gang to be scheduled"), PermitTimeout);
        }

        foreach (var uid in members.Placed(name))
        {
            findWaiting(uid)?.Allow(Name);
        }

        return (Status.Success, TimeSpan.Zero);
    }

    /// <summary>Null for a group without the policy, whose pods are scheduled as each can be.</summary>
    private static int? MinCount(PodGroup group) => group.Spec?.SchedulingPolicy?.Gang?.MinCount;

    private static QueueingHint IsOfOneGroup(PodInfo pod, object? before, object? after) =>
        after is PodInfo added && PodGroups.AreOfOneGroup(pod, added) ? QueueingHint.Queue : QueueingHint.Skip;

    private static QueueingHint IsOwnGroup(PodInfo pod, object? before, object? after) =>
        after is PodGroup added && PodGroups.Of(pod.Pod) == new NamespacedName(added.Metadata.Namespace, added.Metadata.Name) ? QueueingHint.Queue : QueueingHint.Skip;
}
