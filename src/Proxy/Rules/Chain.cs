namespace NodeAgent.Proxy.Rules;

/// <summary>A chain that is the proxy's alone, with all its rules.</summary>
/// <param name="Rules">
/// What follows <c>-A name</c>, in exactly the form in which iptables-save prints it, so that what the kernel holds can be
/// compared with what it should hold by comparing text.
/// </param>
internal sealed record Chain(ChainId Id, IReadOnlyList<string> Rules);
