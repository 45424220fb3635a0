using NodeAgent.KubeApi.Apps.V1;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Objects;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.PodTopologySpread;

/// <summary>Constraints for pods that have none of their own: over the pods that their Services and their owner select.</summary>
internal sealed class ConstraintDefaults(
    PodTopologySpreadArgs args,
    IStore<Service> services,
    IStore<ReplicaSet> replicaSets,
    IStore<StatefulSet> statefulSets,
    IStore<ReplicationController> replicationControllers)
{
    private static readonly DefaultConstraint[] System =
    [
        new() { TopologyKey = SpreadConstraint.HostnameKey, MaxSkew = 3, WhenUnsatisfiable = "ScheduleAnyway" },
        new() { TopologyKey = "topology.kubernetes.io/zone", MaxSkew = 5, WhenUnsatisfiable = "ScheduleAnyway" },
    ];

    private readonly IReadOnlyList<DefaultConstraint> _constraints = args.DefaultingType == ConstraintSource.System ? System : args.DefaultConstraints;

    public bool IsSystem => args.DefaultingType == ConstraintSource.System;

    public IReadOnlyList<SpreadConstraint> For(PodInfo pod, bool isHard)
    {
        var action = isHard ? "DoNotSchedule" : "ScheduleAnyway";
        var constraints = _constraints.Where(c => c.WhenUnsatisfiable == action).ToList();
        if (constraints.Count == 0 || SelectorFor(pod) is not { } selector)
        {
            return [];
        }

        return [.. constraints.Select(c => SpreadConstraint.Default(c, selector, pod))];
    }

    /// <summary>Null when nothing selects the pod.</summary>
    private Selector? SelectorFor(PodInfo pod)
    {
        var requirements = new List<Requirement>();
        foreach (var service in services.ListNamespace(pod.Namespace))
        {
            if (service.Spec is { Selector.Count: > 0 } spec && Selector.FromLabels(spec.Selector) is var selector && selector.Matches(pod.Labels.Labels))
            {
                requirements.AddRange(selector.Requirements);
            }
        }

        var owner = pod.Pod.ControllerOwner;
        var ownSelector = owner switch
        {
            { Kind: "ReplicationController", ApiVersion: "v1" } => replicationControllers.Get(pod.Namespace, owner.Name)?.Spec is { Selector.Count: > 0 } rc ? Selector.FromLabels(rc.Selector) : null,
            { Kind: "ReplicaSet", ApiVersion: "apps/v1" } => replicaSets.Get(pod.Namespace, owner.Name)?.Spec?.Selector is { } rs ? Selector.From(rs) : null,
            { Kind: "StatefulSet", ApiVersion: "apps/v1" } => statefulSets.Get(pod.Namespace, owner.Name)?.Spec?.Selector is { } ss ? Selector.From(ss) : null,
            _ => null,
        };
        requirements.AddRange(ownSelector?.Requirements ?? []);
        return requirements.Count == 0 ? null : Selector.From(requirements);
    }
}
