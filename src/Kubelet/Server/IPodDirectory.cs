namespace NodeAgent.Kubelet.Server;

/// <summary>The pods of this node as the server needs them: implemented by what keeps the pods, asked by every request.</summary>
/// <remarks>Answers come from memory, never block, and may be asked from many requests at once. The objects are not changed by the server.</remarks>
internal interface IPodDirectory
{
    /// <summary>
    /// The pod with its newest status (container ids included), whether it came from the API or from a manifest. The one that
    /// is to run when an older one of the same name is still ending; null when there is none.
    /// </summary>
    Pod? Find(string namespaceName, string name);

    /// <summary>All pods that this kubelet is to run or still ends, each with its newest status.</summary>
    IReadOnlyList<Pod> List();
}
