using System.Globalization;
using NodeAgent.Kubelet.Config;

namespace NodeAgent.Kubelet.Topology;

/// <summary>What the configuration says of resources that are to lie together.</summary>
/// <param name="Kind">Null when they need not.</param>
/// <param name="MaxNodes">With more NUMA nodes than this the kubelet does not start: the answers to compare double with each.</param>
internal sealed record TopologySettings(TopologyPolicyKind? Kind, TopologyScope Scope, bool PreferClosest, int MaxNodes)
{
    private const int UsualMaxNodes = 8;

    /// <param name="errors">Told what cannot be.</param>
    public static TopologySettings Parse(KubeletConfiguration config, List<string> errors)
    {
        var (closest, most) = (false, UsualMaxNodes);
        foreach (var (name, text) in config.TopologyManagerPolicyOptions.OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            var isGood = name switch
            {
                "prefer-closest-numa-nodes" => bool.TryParse(text, out closest),
                "max-allowable-numa-nodes" => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out most) && most >= UsualMaxNodes,
                _ => false,
            };
            if (!isGood)
            {
                errors.Add(name is "prefer-closest-numa-nodes" or "max-allowable-numa-nodes"
                    ? $"topologyManagerPolicyOptions: bad value for option \"{name}\": \"{text}\"{(name == "max-allowable-numa-nodes" ? $"; a number of at least {UsualMaxNodes} is expected" : "")}"
                    : $"topologyManagerPolicyOptions: unknown Topology Manager Policy option: \"{name}\"");
            }
        }

        return new TopologySettings(KindOf(config.TopologyManagerPolicy, errors), ScopeOf(config.TopologyManagerScope, errors), closest, most);
    }

    private static TopologyPolicyKind? KindOf(string policy, List<string> errors)
    {
        TopologyPolicyKind? kind = policy switch
        {
            "best-effort" => TopologyPolicyKind.BestEffort,
            "restricted" => TopologyPolicyKind.Restricted,
            "single-numa-node" => TopologyPolicyKind.SingleNumaNode,
            _ => null,
        };
        if (kind is null && policy != "none")
        {
            errors.Add($"topologyManagerPolicy: \"{policy}\" is none of none, best-effort, restricted, single-numa-node");
        }

        return kind;
    }

    private static TopologyScope ScopeOf(string scope, List<string> errors)
    {
        if (scope is not ("container" or "pod"))
        {
            errors.Add($"topologyManagerScope: \"{scope}\" is neither container nor pod");
        }

        return scope == "pod" ? TopologyScope.Pod : TopologyScope.Container;
    }
}
