using Google.Protobuf.Collections;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Scheduler;

/// <summary>
/// Drops what the scheduler's own plugins never read of a node, and keeps the names and amounts that all nodes have in common once.
/// A thousand nodes with fifty images each have a hundred thousand image names, of which a hundred differ.
/// </summary>
/// <remarks>Not thread-safe: an informer calls it for one object at a time.</remarks>
internal sealed class NodeTrimmer
{
    // What belongs to one node alone fills the pool, too.
    private const int MostStrings = 50_000;

    private readonly Dictionary<string, string> _pool = new(StringComparer.Ordinal);

    public void Trim(Node node)
    {
        node.Metadata = TrimmedMetadata(node.Metadata);
        if (node.Status is { } status)
        {
            node.Status = TrimmedStatus(status);
        }
    }

    private ObjectMeta TrimmedMetadata(ObjectMeta whole)
    {
        var metadata = new ObjectMeta { Name = whole.Name, Uid = whole.Uid, ResourceVersion = whole.ResourceVersion, CreationTimestamp = whole.CreationTimestamp, DeletionTimestamp = whole.DeletionTimestamp };
        foreach (var (key, value) in whole.Labels)
        {
            metadata.Labels[Pooled(key)] = Pooled(value);
        }

        return metadata;
    }

    private NodeStatus TrimmedStatus(NodeStatus whole)
    {
        var status = new NodeStatus();
        foreach (var (name, amount) in whole.Allocatable)
        {
            amount.String = Pooled(amount.String);
            status.Allocatable[Pooled(name)] = amount;
        }

        foreach (var image in whole.Images)
        {
            var kept = new ContainerImage { SizeBytes = image.SizeBytes };
            AddPooled(kept.Names, image.Names);
            status.Images.Add(kept);
        }

        AddPooled(status.DeclaredFeatures, whole.DeclaredFeatures);
        return status;
    }

    private void AddPooled(RepeatedField<string> to, RepeatedField<string> from)
    {
        to.Capacity = from.Count;
        foreach (var text in from)
        {
            to.Add(Pooled(text));
        }
    }

    private string Pooled(string text)
    {
        if (_pool.TryGetValue(text, out var known))
        {
            return known;
        }

        if (_pool.Count >= MostStrings)
        {
            _pool.Clear();
        }

        _pool[text] = text;
        return text;
    }
}
