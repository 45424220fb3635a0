using System.Diagnostics.CodeAnalysis;

namespace NodeAgent.Hosting.Metrics;

/// <summary>Compares sets of label values, so that a known series is found from a span without an allocation.</summary>
internal sealed class LabelValuesComparer : IEqualityComparer<string[]>, IAlternateEqualityComparer<ReadOnlySpan<string>, string[]>
{
    public static readonly LabelValuesComparer Instance = new();

    public string[] Create(ReadOnlySpan<string> alternate) => alternate.ToArray();

    public bool Equals(string[]? x, string[]? y) => x is not null && y is not null && x.AsSpan().SequenceEqual(y);

    public bool Equals(ReadOnlySpan<string> alternate, string[] other) => alternate.SequenceEqual(other);

    public int GetHashCode([DisallowNull] string[] obj) => GetHashCode(obj.AsSpan());

    public int GetHashCode(ReadOnlySpan<string> alternate)
    {
        var hash = new HashCode();
        foreach (var value in alternate)
        {
            hash.Add(string.GetHashCode(value));
        }

        return hash.ToHashCode();
    }
}
