using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Explain;

/// <summary>What one family's proxier has programmed, for an account of it.</summary>
/// <param name="Dispatch">The rules of a fixed chain, of all Services.</param>
/// <param name="Programmed">When the kernel got the last change of a Service; null when it has not got any yet.</param>
/// <param name="Compared">When all rules were last compared with the kernel's; null when they never were.</param>
internal sealed record ExplainedState(IPFamily Family, ServiceModel Model, RuleSettings Settings, Func<ChainId, IReadOnlyList<DispatchEntry>> Dispatch, Func<ServiceKey, DateTimeOffset?> Programmed, DateTimeOffset? Compared);
