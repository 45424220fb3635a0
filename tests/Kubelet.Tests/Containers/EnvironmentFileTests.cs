using NodeAgent.Kubelet.Containers;

namespace NodeAgent.Kubelet.Tests.Containers;

public sealed class EnvironmentFileTests
{
    [Theory]
    [InlineData("A='one'", "A", "one")]
    [InlineData("# comment\n\n  A='one' # more\nB='two'", "B", "two")]
    [InlineData("A='one\ntwo'\nB='x'", "A", "one\ntwo")]
    [InlineData("A='one\ntwo'\nB='x'", "B", "x")]
    [InlineData("A= 'one'", "A", "")]
    [InlineData("A='$HOME \\n'", "A", "$HOME \\n")]
    [InlineData("A='one'", "B", "")]
    public void Find_InAFile_IsTheValueAsItStands(string text, string key, string expected) => Assert.Equal(expected, EnvironmentFile.Find(text, key));

    [Theory]
    [InlineData("A")]
    [InlineData("A =''")]
    [InlineData("='x'")]
    [InlineData("A=\"x\"")]
    [InlineData("A=x")]
    [InlineData("A='x")]
    [InlineData("A='x' y")]
    public void Find_InWhatIsNoFileOfVariables_IsRefused(string text) => Assert.Throws<ContainerConfigException>(() => EnvironmentFile.Find(text, "KEY"));
}
