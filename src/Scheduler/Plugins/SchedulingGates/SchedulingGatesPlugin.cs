using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.SchedulingGates;

/// <summary>Keeps pods with scheduling gates out of the active queue.</summary>
internal sealed class SchedulingGatesPlugin : IPreEnqueuePlugin, IEventInterests
{
    public string Name => PluginNames.SchedulingGates;

    public IReadOnlyList<EventInterest> Interests { get; } =
        [new(new ClusterEvent(EventResource.Pod, ActionType.UpdatePodSchedulingGatesEliminated), OwnUpdate.Hint)];

    public Status PreEnqueue(PodInfo pod)
    {
        var gates = pod.Pod.Spec.SchedulingGates;
        return gates.Count == 0
            ? Status.Success
            : Status.Unresolvable($"waiting for scheduling gates: [{string.Join(' ', gates.Select(g => g.Name))}]");
    }
}
