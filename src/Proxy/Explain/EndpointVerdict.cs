using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Explain;

/// <summary>Why an endpoint gets traffic under one of the two policies, or does not. Says what <see cref="EndpointSelection"/> decided, in words.</summary>
internal static class EndpointVerdict
{
    /// <returns>Null when the policy has no part in this Service port.</returns>
    public static string? Cluster(Endpoint endpoint, ServicePortState state, EndpointSelection selection, NodeTopology node)
    {
        if (!state.Port.UsesClusterEndpoints)
        {
            return null;
        }

        if (Contains(selection.Cluster, endpoint))
        {
            return endpoint.Ready ? "used" : "used, because no endpoint is ready and it still serves while it terminates";
        }

        return NotUsable(endpoint, state.Endpoints.Any(e => e.Ready), "") ?? Hints(endpoint, node);
    }

    /// <returns>Null when the policy has no part in this Service port.</returns>
    public static string? Local(Endpoint endpoint, ServicePortState state, EndpointSelection selection)
    {
        if (!state.Port.UsesLocalEndpoints)
        {
            return null;
        }

        if (Contains(selection.Local, endpoint))
        {
            return endpoint.Ready ? "used" : "used, because no endpoint on this node is ready and it still serves while it terminates";
        }

        return endpoint.Local
            ? NotUsable(endpoint, state.Endpoints.Any(e => e.Local && e.Ready), " on this node") ?? "not used"
            : "not used: on another node";
    }

    private static bool Contains(IReadOnlyList<Endpoint> endpoints, Endpoint endpoint) => endpoints.Any(e => ReferenceEquals(e, endpoint));

    private static string? NotUsable(Endpoint endpoint, bool othersReady, string where) => endpoint switch
    {
        { Ready: true } => null,
        { Terminating: true, Serving: false } => "not used: terminates and does not serve any more",
        { Terminating: true } when othersReady => $"not used: terminates, and there are ready endpoints{where}",
        { Terminating: true } => null,
        _ => "not used: not ready",
    };

    private static string Hints(Endpoint endpoint, NodeTopology node) => endpoint.NodeHints.Count > 0 && !endpoint.NodeHints.Contains(node.NodeName)
        ? $"not used: its hints are for the nodes {string.Join(", ", endpoint.NodeHints)}"
        : $"not used: its hints are for the zones {string.Join(", ", endpoint.ZoneHints)}, this node is in {(node.Zone.Length > 0 ? node.Zone : "none")}";
}
