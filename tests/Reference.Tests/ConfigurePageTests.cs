namespace NodeAgent.Reference.Tests;

public sealed class ConfigurePageTests
{
    [Fact]
    public void ConfigureMd_InTheRepository_IsWhatTheTablesSay()
    {
        var committed = File.ReadAllText(Path.Combine(Repository.Root, "docs/configure.md"));

        Assert.True(committed == ConfigurePage.Write(DaemonReferences.All), "docs/configure.md does not say what the daemons' options are now: run ./dev docs and commit what it wrote");
    }

    [Fact]
    public void Write_NamesEveryFlagAndEveryField()
    {
        var page = ConfigurePage.Write(DaemonReferences.All);

        foreach (var daemon in DaemonReferences.All)
        {
            Assert.All(daemon.Flags.All, f => Assert.Contains($"`--{f.Name}`", page, StringComparison.Ordinal));
            Assert.All(daemon.Fields, f => Assert.Contains($"`{f.Path}`", page, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("kubelet", "port", "int", "10250")]
    [InlineData("kubelet", "authentication.webhook.cacheTTL", "duration", "2m0s")]
    [InlineData("kubelet", "registerWithTaints[].effect", "string", "\"\"")]
    [InlineData("kubelet", "systemReserved", "map of quantities", "{}")]
    [InlineData("kubelet", "staticPodURLHeader", "map of lists of strings", "{}")]
    [InlineData("kube-proxy", "iptables.minSyncPeriod", "duration", "1s")]
    [InlineData("kube-scheduler", "profiles[].plugins.multiPoint.enabled[].name", "string", "\"\"")]
    public void Fields_AreFoundWithTypeAndDefault(string daemon, string path, string type, string byDefault)
    {
        var field = DaemonReferences.All.Single(d => d.Name == daemon).Fields.Single(f => f.Path == path);

        Assert.Equal((type, byDefault, true), (field.Type, field.Default, field.ActedOn));
    }
}
