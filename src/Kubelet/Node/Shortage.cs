namespace NodeAgent.Kubelet.Node;

/// <summary>A resource of which the node has too little left for a pod, in the units that it is counted in.</summary>
internal readonly record struct Shortage(string Resource, long Requested, long Used, long Capacity)
{
    /// <summary>How much would have to be freed.</summary>
    public long Missing => Requested - (Capacity - Used);

    public string Reason => "OutOf" + Resource;

    public override string ToString() => $"Node didn't have enough resource: {Resource}, requested: {Requested}, used: {Used}, capacity: {Capacity}";
}
