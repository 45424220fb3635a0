namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>One Service of the packet table.</summary>
/// <param name="Spec">Fields of its spec, in YAML's flow form.</param>
/// <param name="Endpoints">The pods behind it.</param>
internal sealed record ServiceShape(string Name, string Spec, params string[] Endpoints)
{
    public IReadOnlyList<string> Protocols { get; init; } = ["TCP", "UDP", "SCTP"];

    public bool ExternalLocal => Spec.Contains("externalTrafficPolicy: Local", StringComparison.Ordinal);

    public bool InternalLocal => Spec.Contains("internalTrafficPolicy: Local", StringComparison.Ordinal);

    public bool HasNodePorts => Spec.Contains("type: NodePort", StringComparison.Ordinal) || (IsLoadBalancer && !Spec.Contains("allocateLoadBalancerNodePorts: false", StringComparison.Ordinal));

    public bool IsLoadBalancer => Spec.Contains("type: LoadBalancer", StringComparison.Ordinal);

    /// <summary>Only the network of the client outside may use the load balancer's address.</summary>
    public bool IsGuarded => Spec.Contains("loadBalancerSourceRanges", StringComparison.Ordinal);

    /// <summary>Addresses of both families besides the cluster's own that packets come to; none without them.</summary>
    public IReadOnlyList<string> ExternalAddresses { get; init; } = [];

    /// <summary>What the slices say of the endpoints, in YAML's flow form.</summary>
    public string Conditions { get; init; } = "ready: true";

    /// <summary>What the slices say of where an endpoint is to be used from, in YAML's flow form.</summary>
    public IReadOnlyDictionary<string, string> Hints { get; init; } = new Dictionary<string, string>();

    /// <summary>The pods that hints keep this node from using.</summary>
    public IReadOnlyList<string> Unused { get; init; } = [];

    /// <summary>The first minor version of API servers that has what this is about.</summary>
    public int Since { get; init; }
}
