using NodeAgent.KubeApi.Manifests;

namespace NodeAgent.KubeApi.Tests.Manifests;

public class NameSuggestionTests
{
    [Theory]
    [InlineData("prot", "port")]
    [InlineData("confg", "config")]
    [InlineData("CONFIG", "config")]
    [InlineData("hostname-overide", "hostname-override")]
    [InlineData("x", null)]
    [InlineData("something", null)]
    public void Find_Typo_GivesTheNearestNameOrNone(string given, string? expected) =>
        Assert.Equal(expected, NameSuggestion.Find(given, ["port", "config", "hostname-override"]));
}
