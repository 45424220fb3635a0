using Google.Protobuf.Collections;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Scheduler;

/// <summary>
/// Drops what the scheduler's own plugins never read of a node, and keeps once what nodes have in common.
/// A thousand nodes with fifty images each have a hundred thousand image names, of which a hundred differ.
/// </summary>
/// <remarks>Not thread-safe: an informer calls it for one object at a time. What is shared must not be changed, as nothing of an informer's.</remarks>
internal sealed class NodeTrimmer
{
    // What belongs to one node alone fills the pool, too.
    private const int MostStrings = 50_000;
    private const int MostImages = 10_000;

    // Nodes of one kind have the same; each with other images would fill it for nothing.
    private const int MostStatuses = 256;

    private readonly Pool<string> _strings = new(MostStrings);
    private readonly Pool<ContainerImage> _images = new(MostImages);
    private readonly Pool<NodeSpec> _specs = new(MostStatuses);
    private readonly Pool<NodeStatus> _statuses = new(MostStatuses);

    public void Trim(Node node)
    {
        node.Metadata = TrimmedMetadata(node.Metadata);
        if (node.Spec is { } spec)
        {
            node.Spec = _specs.Get(TrimmedSpec(spec));
        }

        if (node.Status is { } status)
        {
            node.Status = _statuses.Get(TrimmedStatus(status));
        }
    }

    private ObjectMeta TrimmedMetadata(ObjectMeta whole)
    {
        var metadata = new ObjectMeta { Name = whole.Name, Uid = whole.Uid, ResourceVersion = whole.ResourceVersion, CreationTimestamp = whole.CreationTimestamp, DeletionTimestamp = whole.DeletionTimestamp };
        foreach (var (key, value) in whole.Labels)
        {
            metadata.Labels[_strings.Get(key)] = _strings.Get(value);
        }

        return metadata;
    }

    private static NodeSpec TrimmedSpec(NodeSpec whole) => new() { Unschedulable = whole.Unschedulable, Taints = { whole.Taints } };

    private NodeStatus TrimmedStatus(NodeStatus whole)
    {
        var status = new NodeStatus();
        foreach (var (name, amount) in whole.Allocatable)
        {
            amount.String = _strings.Get(amount.String);
            status.Allocatable[_strings.Get(name)] = amount;
        }

        foreach (var image in whole.Images)
        {
            var kept = new ContainerImage { SizeBytes = image.SizeBytes };
            AddPooled(kept.Names, image.Names);
            status.Images.Add(_images.Get(kept));
        }

        AddPooled(status.DeclaredFeatures, whole.DeclaredFeatures);
        return status;
    }

    private void AddPooled(RepeatedField<string> to, RepeatedField<string> from)
    {
        to.Capacity = from.Count;
        foreach (var text in from)
        {
            to.Add(_strings.Get(text));
        }
    }
}
