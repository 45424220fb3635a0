namespace NodeAgent.Testing.Iptables;

/// <param name="Endpoints">Every endpoint that the packet can be sent to.</param>
/// <param name="Masqueraded">Those of them that do not see the packet's source.</param>
/// <param name="Verdict">What the filter table does with a packet that goes to no endpoint: ACCEPT, DROP or REJECT.</param>
/// <param name="MaxRules">The rules that were looked at in nat, on the longest way.</param>
public sealed record TraceResult(IReadOnlySet<string> Endpoints, IReadOnlySet<string> Masqueraded, string Verdict, int MaxRules);
