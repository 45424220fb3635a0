using System.Text.RegularExpressions;
using NodeAgent.Testing;

namespace NodeAgent.Reference.Tests;

/// <summary>docs/compare.md is held to the tests that are there.</summary>
public sealed partial class ComparePageTests
{
    private static readonly Lazy<string> Sources = new(() => string.Concat(
        Directory.EnumerateFiles(Path.Combine(ComparePage.RepositoryRoot, "tests"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText)));

    [Fact]
    public void EveryTestThatIsNamed_IsThere()
    {
        var named = ComparePage.Quoted(ComparePage.Text).Where(q => TestName().IsMatch(q)).Distinct().ToList();

        Assert.NotEmpty(named);
        Assert.Equal("", string.Join(", ", named.Where(n => !(n.EndsWith("Tests", StringComparison.Ordinal) ? IsClass(n) : Sources.Value.Contains($" {n}(", StringComparison.Ordinal)))));
    }

    [Theory]
    [InlineData("Endpoints", 2)]
    [InlineData("Streams", 1)]
    [InlineData("Identity", 1)]
    public void EveryYes_NamesATest(string section, int column)
    {
        var rows = ComparePage.Rows(section);

        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.Matches("^(yes|no)\\b", row[column]));
        Assert.All(rows.Where(r => r[column].StartsWith("yes", StringComparison.Ordinal)), row => Assert.True(ComparePage.Quoted(row[^1]).Any(q => TestName().IsMatch(q)), $"{section} names no test for: {row[0]}"));
    }

    /// <summary>One test, which the section names, looks at all of them.</summary>
    [Fact]
    public void EveryFamilyOfMetrics_IsYesOrNo()
    {
        var rows = ComparePage.Rows("Metrics");

        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.Matches("^(yes|no)\\b", row[1]));
        Assert.All(rows.SelectMany(r => ComparePage.Quoted(r[0])), name => Assert.Matches("^[a-z][a-z0-9_]+$", name));
    }

    [Fact]
    public void EveryFamilyOfMetrics_IsNamedOnce()
    {
        var twice = ComparePage.Rows("Metrics").SelectMany(r => ComparePage.Quoted(r[0])).GroupBy(n => n).Where(g => g.Count() > 1).Select(g => g.Key);

        Assert.Equal("", string.Join(", ", twice));
    }

    private static bool IsClass(string name) => Regex.IsMatch(Sources.Value, $@"class {name}\b");

    /// <summary>A class of tests, or a method of one in the form Method_Condition_Result.</summary>
    [GeneratedRegex("^(?=.*[a-z])[A-Z][A-Za-z0-9]*(_[A-Za-z0-9]+)+$|^[A-Z][A-Za-z0-9]*Tests$")]
    private static partial Regex TestName();
}
