using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.NodeDeclaredFeatures;

/// <summary>Pods that use what only newer kubelets can do go to nodes that declare it.</summary>
internal sealed class NodeDeclaredFeaturesPlugin : IPreFilterPlugin, IFilterPlugin, IEventInterests
{
    private static readonly Status Refused = Status.Unresolvable("node(s) didn't match Pod's required features");
    private static readonly StateKey<List<string>> Required = new("required features");

    /// <summary>The features that show in a pod's spec, by the name that nodes declare.</summary>
    private static readonly (string Name, Func<PodSpec, bool> IsUsed)[] Features =
    [
        ("RestartAllContainersOnContainerExits", spec => spec.InitContainers.Concat(spec.Containers).Any(c => c.RestartPolicyRules.Any(r => r.Action == "RestartAllContainers"))),
        ("UserNamespacesHostNetworkSupport", spec => spec is { HostNetwork: true, HasHostUsers: true, HostUsers: false }),
    ];

    public string Name => PluginNames.NodeDeclaredFeatures;

    public IReadOnlyList<EventInterest> Interests { get; } =
    [
        new(new ClusterEvent(EventResource.Node, ActionType.Add | ActionType.UpdateNodeDeclaredFeature)),
        new(new ClusterEvent(EventResource.Pod, ActionType.Update), HasOtherNeeds),
    ];

    public PreFilterResult PreFilter(CycleState state, PodInfo pod, INodeTable nodes)
    {
        var required = NeedsOf(pod.Pod.Spec);
        if (required is null)
        {
            return PreFilterResult.Skip;
        }

        state.Write(Required, required);
        return PreFilterResult.Success;
    }

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        var required = state.Read(Required);
        foreach (var slot in nodes.Feasible)
        {
            var declared = nodes.Table[slot].Node.Status.DeclaredFeatures;
            if (!required.TrueForAll(declared.Contains))
            {
                nodes.Reject(slot, Refused);
            }
        }
    }

    private static List<string>? NeedsOf(PodSpec spec)
    {
        List<string>? needs = null;
        foreach (var (name, isUsed) in Features)
        {
            if (isUsed(spec))
            {
                (needs ??= []).Add(name);
            }
        }

        return needs;
    }

    private static QueueingHint HasOtherNeeds(PodInfo pod, object? before, object? after) =>
        before is PodInfo old && after is PodInfo changed && changed.Uid == pod.Uid && !(NeedsOf(old.Pod.Spec) ?? []).SequenceEqual(NeedsOf(changed.Pod.Spec) ?? [])
            ? QueueingHint.Queue
            : QueueingHint.Skip;
}
