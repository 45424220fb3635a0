namespace NodeAgent.KubeApi.Manifests;

internal sealed class SequenceNode(int line, int column) : ManifestNode(line, column)
{
    private readonly List<ManifestNode> _items = [];

    public IReadOnlyList<ManifestNode> Items => _items;

    public void Add(ManifestNode item)
    {
        _items.Add(item);
        Size += item.Size;
    }

    public override string Describe() => "a list";
}
