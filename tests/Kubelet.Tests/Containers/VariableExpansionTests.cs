using NodeAgent.Kubelet.Containers;

namespace NodeAgent.Kubelet.Tests.Containers;

public class VariableExpansionTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$(A)", "1")]
    [InlineData("x-$(A)-$(B)", "x-1-2")]
    [InlineData("$(UNKNOWN)", "$(UNKNOWN)")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$$$(A)", "$1")]
    [InlineData("$A", "$A")]
    [InlineData("$(A", "$(A")]
    [InlineData("end$", "end$")]
    public void Expand_OfEachForm_IsUpstreams(string text, string expected) =>
        Assert.Equal(expected, VariableExpansion.Expand(text, name => name switch
        {
            "A" => "1",
            "B" => "2",
            _ => null,
        }));
}
