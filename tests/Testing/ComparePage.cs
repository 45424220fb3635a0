using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace NodeAgent.Testing;

/// <summary>The tables of docs/compare.md: what is named in the first column, what is said of it, and what shows it in the last.</summary>
public static partial class ComparePage
{
    /// <summary>Of the repository that this was built from.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    public static string Text { get; } = File.ReadAllText(Path.Combine(RepositoryRoot, "docs/compare.md"));

    /// <summary>The rows of a section's tables, without their heads.</summary>
    /// <param name="heading">The section's, such as <c>Metrics</c>.</param>
    public static IReadOnlyList<string[]> Rows(string heading)
    {
        var lines = Text.Split('\n').SkipWhile(l => l != "### " + heading).Skip(1).TakeWhile(l => !l.StartsWith('#')).ToList();
        return [.. lines.Where((line, i) => line.StartsWith("| ", StringComparison.Ordinal) && !lines[i + 1].StartsWith("|---", StringComparison.Ordinal)).Select(l => l.Trim()[1..^1].Split('|', StringSplitOptions.TrimEntries))];
    }

    /// <summary>What stands between backticks.</summary>
    public static IReadOnlyList<string> Quoted(string text) => [.. Backticks().Matches(text).Select(m => m.Groups[1].Value)];

    private static string FindRoot([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "../.."));

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Backticks();
}
