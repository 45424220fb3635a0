using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.PodTopologySpread;

/// <summary>A topology spread constraint of a pod, ready to be counted.</summary>
/// <param name="SelfMatch">1 when the pod counts itself.</param>
internal sealed record SpreadConstraint(string TopologyKey, int MaxSkew, int MinDomains, bool HonorsNodeAffinity, bool HonorsTaints, PodMatcher Matcher, int SelfMatch)
{
    public const string HostnameKey = "kubernetes.io/hostname";

    public bool IsHostname => TopologyKey == HostnameKey;

    /// <exception cref="FormatException">The selector cannot be read.</exception>
    public static SpreadConstraint From(TopologySpreadConstraint constraint, PodInfo pod)
    {
        var selector = Selector.From(constraint.LabelSelector);
        if (constraint.MatchLabelKeys.Count > 0 && !selector.IsNothing)
        {
            var added = constraint.MatchLabelKeys
                .Where(pod.Labels.Labels.ContainsKey)
                .Select(k => Requirement.Create(k, SelectorOperator.In, pod.Labels.Labels[k]));
            selector = Selector.From(selector.Requirements.Concat(added));
        }

        return Of(
            constraint.TopologyKey,
            constraint.MaxSkew,
            constraint.HasMinDomains ? constraint.MinDomains : 1,
            !constraint.HasNodeAffinityPolicy || constraint.NodeAffinityPolicy == "Honor",
            constraint.NodeTaintsPolicy == "Honor",
            selector,
            pod);
    }

    public static SpreadConstraint Default(DefaultConstraint constraint, Selector selector, PodInfo pod) =>
        Of(constraint.TopologyKey, constraint.MaxSkew, 1, true, false, selector, pod);

    private static SpreadConstraint Of(string key, int maxSkew, int minDomains, bool honorsAffinity, bool honorsTaints, Selector selector, PodInfo pod) =>
        new(key, maxSkew, minDomains, honorsAffinity, honorsTaints, new PodMatcher([pod.Namespace], null, selector, ignoresTerminating: true), selector.Matches(pod.Labels.Labels) ? 1 : 0);
}
