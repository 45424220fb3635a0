using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Allocation;

/// <summary>A container cannot have what it asks for on this node.</summary>
/// <param name="reason">The pod's reason; empty when upstream calls it unexpected.</param>
internal sealed class AllocationException(string message, string reason = "") : Exception(message)
{
    private const string Unexpected = "UnexpectedAdmissionError";

    public Verdict Verdict => reason.Length > 0 ? new Verdict(reason, Message) : new Verdict(Unexpected, $"Allocate failed due to {Message}, which is unexpected");
}
