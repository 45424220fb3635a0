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

    /// <summary>Letters to add, drop, replace, or swap with their neighbour.</summary>
    private static int Distance(string a, string b)
    {
        var cells = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cells[i, j] = i + j;
                    continue;
                }

                var cost = Math.Min(Math.Min(cells[i - 1, j], cells[i, j - 1]) + 1, cells[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                var swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                cells[i, j] = swapped ? Math.Min(cost, cells[i - 2, j - 2] + 1) : cost;
            }
        }

        return cells[a.Length, b.Length];
    }
}
