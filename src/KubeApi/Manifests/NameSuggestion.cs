namespace NodeAgent.KubeApi.Manifests;

/// <summary>Finds what somebody probably meant.</summary>
public static class NameSuggestion
{
    /// <summary>The known name nearest to the one given, when it is near enough to be meant.</summary>
    public static string? Find(string given, IEnumerable<string> known)
    {
        var best = known.Select(name => (Name: name, Distance: Distance(given.ToUpperInvariant(), name.ToUpperInvariant())))
            .OrderBy(c => c.Distance).ThenBy(c => c.Name, StringComparer.Ordinal).FirstOrDefault();
        return best.Name is not null && best.Distance <= Math.Max(1, Math.Min(given.Length, best.Name.Length) / 3) ? best.Name : null;
    }

    /// <summary>The suggestion as the end of a message, or nothing.</summary>
    internal static string Hint(string given, IEnumerable<string> known) => Find(given, known) is { } name ? $"; did you mean \"{name}\"?" : "";

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                (diagonal, row[j]) = (row[j], cost);
            }
        }

        return row[b.Length];
    }
}
