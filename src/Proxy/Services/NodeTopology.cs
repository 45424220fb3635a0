namespace NodeAgent.Proxy.Services;

/// <summary>Where this node is, as topology hints name it.</summary>
/// <param name="Zone">The node's topology.kubernetes.io/zone; empty when it has none.</param>
internal sealed record NodeTopology(string NodeName, string Zone);
