namespace NodeAgent.Proxy.Rules;

/// <summary>A rule in a chain that others use too: a built-in chain, or one that belongs to the kubelet.</summary>
/// <param name="Rule">What follows the chain's name, as iptables-save prints it.</param>
/// <param name="KeepOnCleanup">The rule is the kubelet's as well and stays when the proxy's rules go.</param>
internal sealed record SharedRule(ChainId Chain, string Rule, bool Prepend = true, bool KeepOnCleanup = false);
