using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Node;

/// <summary>What this node says to a pod that was sent to it.</summary>
/// <param name="Refused">Why it is refused; null when it is let in.</param>
/// <param name="Preempt">Pods that have to end first, to make room for a critical one.</param>
internal sealed record AdmissionOutcome(Verdict? Refused, ImmutableArray<Pod> Preempt)
{
    /// <summary>The resource for which pods have to end.</summary>
    public string Short { get; init; } = "";

    public static readonly AdmissionOutcome LetIn = new(null, []);

    public static AdmissionOutcome Refuse(string reason, string message) => new(new Verdict(reason, message), []);
}
