using System.Collections.Immutable;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Tests.Topology;

public sealed class TopologyPolicyTests
{
    private static readonly NumaNodes Two = new([0, 1], ImmutableSortedDictionary<int, ImmutableArray<int>>.Empty);

    /// <summary>Hints as <c>nodes</c>, with ! when preferred; * for any node; one provider per part.</summary>
    [Theory]
    [InlineData("", "0,1!", true, true)]
    [InlineData("*!", "0,1!", true, true)]
    [InlineData("cpu=0! 1! 0+1", "0!", true, true)]
    [InlineData("cpu=0! 1! 0+1; dev=1! 0+1", "1!", true, true)]
    [InlineData("cpu=0! 0+1; dev=1! 0+1", "0", true, false)]
    [InlineData("cpu=0! 1!; dev=", "0", true, false)]
    [InlineData("cpu=0+1!", "0,1!", true, true)]
    [InlineData("cpu=1! 0+1; mem=0! 1! 0+1; dev=-", "1!", true, true)]
    public void Merge_OfHints_IsWhatAllCanAgreeOn(string hints, string expected, bool bestEffort, bool restricted)
    {
        var (best, admits) = Policy(TopologyPolicyKind.BestEffort).Merge(Parse(hints));
        Assert.Equal(expected, Text(best));
        Assert.Equal(bestEffort, admits);
        Assert.Equal(restricted, Policy(TopologyPolicyKind.Restricted).Merge(Parse(hints)).Admit);
    }

    [Theory]
    [InlineData("", "*!", true)]
    [InlineData("cpu=0! 1! 0+1", "0!", true)]
    [InlineData("cpu=0+1!", "*", false)]
    [InlineData("cpu=1! 0+1; dev=0! 1! 0+1", "1!", true)]
    [InlineData("cpu=0!; dev=1!", "*", false)]
    [InlineData("cpu=0!; dev=", "*", false)]
    [InlineData("cpu=0!; dev=-", "0!", true)]
    public void Merge_OnOneNode_RefusesWhatNeedsMore(string hints, string expected, bool admit)
    {
        var (best, admits) = Policy(TopologyPolicyKind.SingleNumaNode).Merge(Parse(hints));

        Assert.Equal(expected, Text(best));
        Assert.Equal(admit, admits);
    }

    [Theory]
    [InlineData(false, "0,1!")]
    [InlineData(true, "2,3!")]
    public void Merge_OfEquallyNarrowOnes_TakesTheLowerOrTheNearer(bool closest, string expected)
    {
        var distances = new Dictionary<int, ImmutableArray<int>> { [0] = [10, 31, 31, 31], [1] = [31, 10, 31, 31], [2] = [31, 31, 10, 11], [3] = [31, 31, 11, 10] };
        var policy = new TopologyPolicy(TopologyPolicyKind.BestEffort, TopologyScope.Container, new NumaNodes([0, 1, 2, 3], distances.ToImmutableSortedDictionary()), closest);

        Assert.Equal(expected, Text(policy.Merge(Parse("cpu=0+1! 0+2! 2+3!")).Hint));
    }

    [Fact]
    public void Merge_OfWhatNobodyPrefers_ComesNearToWhatTheMostDemandingNeeds()
    {
        var policy = new TopologyPolicy(TopologyPolicyKind.BestEffort, TopologyScope.Container, new NumaNodes([0, 1, 2, 3], ImmutableSortedDictionary<int, ImmutableArray<int>>.Empty), false);

        Assert.Equal("0,1", Text(policy.Merge(Parse("cpu=0+1 0+1+2+3; dev=0 0+1 0+1+2")).Hint));
    }

    private static TopologyPolicy Policy(TopologyPolicyKind kind) => new(kind, TopologyScope.Container, Two, false);

    private static List<IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?>> Parse(string text) => [.. text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(provider =>
    {
        var parts = provider.Split('=');
        return parts.Length == 1
            ? new Dictionary<string, IReadOnlyList<NumaHint>?>()
            : new Dictionary<string, IReadOnlyList<NumaHint>?> { [parts[0]] = parts[1] == "-" ? null : [.. parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(h => new NumaHint(NumaMask.Of(h.TrimEnd('!').Split('+').Select(int.Parse)), h.EndsWith('!')))] };
    })];

    private static string Text(NumaHint hint) => (hint.Affinity is { } mask ? mask.ToString() : "*") + (hint.Preferred ? "!" : "");
}
