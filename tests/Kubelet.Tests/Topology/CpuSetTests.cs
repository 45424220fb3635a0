using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Tests.Topology;

public sealed class CpuSetTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("0", "0")]
    [InlineData("0,2,1", "0-2")]
    [InlineData("0-1,3-5, 9", "0-1,3-5,9")]
    [InlineData("5,5,5", "5")]
    public void Parse_OfAList_IsWrittenShort(string text, string expected) => Assert.Equal(expected, CpuSet.Parse(text).ToString());

    [Theory]
    [InlineData("a")]
    [InlineData("3-1")]
    [InlineData("1-2-3")]
    [InlineData("-1")]
    public void Parse_OfSomethingElse_Fails(string text) => Assert.Throws<FormatException>(() => CpuSet.Parse(text));

    [Fact]
    public void Sets_AreAddedAndTakenApart()
    {
        var (left, right) = (CpuSet.Parse("0-3"), CpuSet.Parse("2-5"));

        Assert.Equal("0-5 0-1 2-3", $"{left.Union(right)} {left.Except(right)} {left.Intersect(right)}");
        Assert.True(CpuSet.Parse("1-2").IsSubsetOf(left));
        Assert.Equal(CpuSet.Of([2, 1]), CpuSet.Parse("1-2"));
    }
}
