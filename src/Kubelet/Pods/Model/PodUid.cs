namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>The UID of a pod as this node runs it: for static pods the one made here, not that of the mirror pod.</summary>
internal readonly record struct PodUid(string Value)
{
    public override string ToString() => Value;
}
