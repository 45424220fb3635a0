using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;

namespace NodeAgent.Proxy.Nodes;

/// <summary>Follows this node's Node object.</summary>
/// <param name="changed">Called when one of the facts changed.</param>
internal sealed class NodeTracker(Action changed) : IInformerHandler<Node>
{
    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _addressKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _podCidrKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile NodeFacts _facts = NodeFacts.Unknown;

    public NodeFacts Facts => _facts;

    /// <summary>Completes when the Node object has been seen.</summary>
    public Task Known => _known.Task;

    /// <summary>Completes when the node has an address.</summary>
    public Task AddressKnown => _addressKnown.Task;

    /// <summary>Completes when the node has a range for its pods.</summary>
    public Task PodCidrKnown => _podCidrKnown.Task;

    public void OnAdd(Node value, bool isInInitialList) => Set(NodeFacts.Of(value));

    public void OnUpdate(Node oldValue, Node newValue) => Set(NodeFacts.Of(newValue));

    /// <summary>What is known of a node that is gone stays in use for the rules; only it is not eligible any more.</summary>
    public void OnDelete(Node value) => Set(_facts with { Eligible = false });

    private void Set(NodeFacts facts)
    {
        var before = _facts;
        _facts = facts;
        _known.TrySetResult();
        if (facts.Addresses.Count > 0)
        {
            _addressKnown.TrySetResult();
        }

        if (facts.PodCidrs.Count > 0)
        {
            _podCidrKnown.TrySetResult();
        }

        if (before != facts)
        {
            changed();
        }
    }
}
