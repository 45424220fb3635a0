namespace NodeAgent.Scheduler.Tests;

public sealed class SchedulerDaemonTests
{
    [Theory]
    [InlineData("v1.20.2", false)]
    [InlineData("v1.21.0", true)]
    [InlineData("v1.36.2", true)]
    [InlineData("", true)]
    public void KnowsNamespaceSelectors_Version_FromV121On(string version, bool expected) =>
        Assert.Equal(expected, SchedulerDaemon.KnowsNamespaceSelectors(version));
}
