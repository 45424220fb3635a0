namespace NodeAgent.Proxy.Services;

/// <summary>Which endpoints of a Service port this node sends to.</summary>
/// <param name="Cluster">For traffic under the Cluster policy; empty when the port never uses it.</param>
/// <param name="Local">For traffic under the Local policy; empty when the port never uses it.</param>
/// <param name="Reachable">The union of the two, in the endpoints' order.</param>
/// <param name="HasAny">Whether an endpoint is usable anywhere in the cluster, even if none is from here.</param>
internal sealed record EndpointSelection(IReadOnlyList<Endpoint> Cluster, IReadOnlyList<Endpoint> Local, IReadOnlyList<Endpoint> Reachable, bool HasAny)
{
    private static readonly EndpointSelection None = new([], [], [], false);

    /// <summary>
    /// Ready endpoints are used, narrowed by topology hints for the Cluster policy; where there is none, those that still
    /// serve while they terminate. The two policies fall back independently.
    /// </summary>
    public static EndpointSelection Select(ServicePortState state, NodeTopology node)
    {
        var (port, endpoints) = state;
        if (endpoints.Count == 0)
        {
            return None;
        }

        var cluster = port.UsesClusterEndpoints ? SelectCluster(endpoints, node) : [];
        if (!port.UsesLocalEndpoints)
        {
            return new EndpointSelection(cluster, [], cluster, cluster.Count > 0);
        }

        var local = SelectLocal(endpoints);
        var hasAny = endpoints.Any(e => e.Ready || e.ServingTerminating);
        return new EndpointSelection(cluster, local, Union(endpoints, cluster, local), hasAny);
    }

    private static List<Endpoint> SelectCluster(ValueList<Endpoint> endpoints, NodeTopology node)
    {
        var ready = Where(endpoints, e => e.Ready);
        if (ready.Count == 0)
        {
            return Where(endpoints, e => e.ServingTerminating);
        }

        // Hints count only when every ready endpoint has them and one of them is for this node or its zone:
        // anything less is a state in transition, and then everybody is used.
        if (ready.TrueForAll(e => e.NodeHints.Count > 0) && ready.Exists(e => e.NodeHints.Contains(node.NodeName)))
        {
            return ready.FindAll(e => e.NodeHints.Contains(node.NodeName));
        }

        if (ready.TrueForAll(e => e.ZoneHints.Count > 0) && ready.Exists(e => e.ZoneHints.Contains(node.Zone)))
        {
            return ready.FindAll(e => e.ZoneHints.Contains(node.Zone));
        }

        return ready;
    }

    private static List<Endpoint> SelectLocal(ValueList<Endpoint> endpoints)
    {
        var ready = Where(endpoints, e => e.Local && e.Ready);
        return ready.Count > 0 ? ready : Where(endpoints, e => e.Local && e.ServingTerminating);
    }

    private static List<Endpoint> Where(ValueList<Endpoint> endpoints, Func<Endpoint, bool> condition)
    {
        var result = new List<Endpoint>(endpoints.Count);
        foreach (var endpoint in endpoints)
        {
            if (condition(endpoint))
            {
                result.Add(endpoint);
            }
        }

        return result;
    }

    private static List<Endpoint> Union(ValueList<Endpoint> endpoints, List<Endpoint> cluster, List<Endpoint> local)
    {
        if (cluster.Count == 0)
        {
            return local;
        }

        var used = new HashSet<Endpoint>(cluster, ReferenceEqualityComparer.Instance);
        used.UnionWith(local);
        return used.Count == cluster.Count ? cluster : Where(endpoints, used.Contains);
    }
}
