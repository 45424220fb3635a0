namespace NodeAgent.KubeApi.Manifests;

internal sealed class MappingNode(int line, int column) : ManifestNode(line, column)
{
    private readonly Dictionary<string, int> _positions = new(StringComparer.Ordinal);
    private readonly List<MappingEntry> _entries = [];
    private readonly List<(MappingEntry, int)> _duplicates = [];

    public IReadOnlyList<MappingEntry> Entries => _entries;

    /// <summary>Entries whose key was there already, each with the line of the first.</summary>
    public IReadOnlyList<(MappingEntry Again, int FirstLine)> Duplicates => _duplicates;

    public ManifestNode? this[string key] => _positions.TryGetValue(key, out var position) ? _entries[position].Value : null;

    public void Add(MappingEntry entry)
    {
        if (!AddUnlessGiven(entry))
        {
            _duplicates.Add((entry, _entries[_positions[entry.Key]].Line));
        }
    }

    public bool AddUnlessGiven(MappingEntry entry)
    {
        if (!_positions.TryAdd(entry.Key, _entries.Count))
        {
            return false;
        }

        _entries.Add(entry);
        Size += entry.Value.Size;
        return true;
    }

    public override string Describe() => "a mapping";
}
