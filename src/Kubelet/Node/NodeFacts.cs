using System.Collections.Immutable;
using NodeAgent.KubeApi.Meta;

namespace NodeAgent.Kubelet.Node;

/// <summary>What the parts of the kubelet have to know of the node they run on.</summary>
/// <param name="HostIPs">Primary address first.</param>
internal sealed record NodeFacts(string Name, ImmutableArray<string> HostIPs, IReadOnlyDictionary<string, Quantity> Capacity, IReadOnlyDictionary<string, Quantity> Allocatable, string ClusterDomain, ImmutableArray<string> ClusterDns, string ResolvConf);
