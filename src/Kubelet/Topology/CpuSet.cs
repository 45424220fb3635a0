using System.Collections;
using System.Collections.Immutable;
using System.Globalization;

namespace NodeAgent.Kubelet.Topology;

/// <summary>Numbers of CPUs, or of NUMA nodes; as text such as <c>0,2-3</c>.</summary>
internal sealed class CpuSet : IEquatable<CpuSet>, IReadOnlyCollection<int>
{
    public static readonly CpuSet Empty = new([]);

    private readonly ImmutableSortedSet<int> _ids;

    private CpuSet(ImmutableSortedSet<int> ids) => _ids = ids;

    public int Count => _ids.Count;

    public bool IsEmpty => _ids.IsEmpty;

    public static CpuSet Of(IEnumerable<int> ids) => new([.. ids]);

    /// <exception cref="FormatException">It is no list of numbers and ranges.</exception>
    public static CpuSet Parse(string text)
    {
        List<int> ids = [];
        foreach (var part in text.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var ends = part.Split('-');
            var (from, to) = (Number(ends[0]), Number(ends[^1]));
            if (ends.Length > 2 || to < from)
            {
                throw new FormatException($"\"{part}\" in \"{text}\" is no range of numbers");
            }

            ids.AddRange(Enumerable.Range(from, to - from + 1));
        }

        return Of(ids);

        int Number(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : throw new FormatException($"\"{digits}\" in \"{text}\" is no number");
    }

    public bool Has(int id) => _ids.Contains(id);

    public bool IsSubsetOf(CpuSet other) => _ids.IsSubsetOf(other._ids);

    public bool Overlaps(CpuSet other) => _ids.Overlaps(other._ids);

    public CpuSet Union(CpuSet other) => new(_ids.Union(other._ids));

    public CpuSet Except(CpuSet other) => new(_ids.Except(other._ids));

    public CpuSet Intersect(CpuSet other) => new(_ids.Intersect(other._ids));

    public IEnumerator<int> GetEnumerator() => _ids.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(CpuSet? other) => other is not null && _ids.SetEquals(other._ids);

    public override bool Equals(object? obj) => Equals(obj as CpuSet);

    public override int GetHashCode() => _ids.Aggregate(0, HashCode.Combine);

    public override string ToString()
    {
        List<string> parts = [];
        for (var i = 0; i < _ids.Count; i++)
        {
            var first = i;
            while (i + 1 < _ids.Count && _ids[i + 1] == _ids[i] + 1)
            {
                i++;
            }

            parts.Add(first == i ? Text(_ids[i]) : $"{Text(_ids[first])}-{Text(_ids[i])}");
        }

        return string.Join(',', parts);

        static string Text(int id) => id.ToString(CultureInfo.InvariantCulture);
    }
}
