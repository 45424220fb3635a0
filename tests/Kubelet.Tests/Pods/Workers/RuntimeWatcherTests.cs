using NodeAgent.Kubelet.Pods.Workers;

namespace NodeAgent.Kubelet.Tests.Pods.Workers;

public sealed class RuntimeWatcherTests
{
    [Theory]
    [InlineData(true, true, false, 5)]
    [InlineData(true, true, true, 2)]
    [InlineData(true, false, true, 1)]
    [InlineData(false, true, false, 1)]
    [InlineData(false, true, true, 1)]
    public void PauseBeforeList_IsShortWhileSomethingIsUnknownOrNothingTells(bool hasEvents, bool sourcesReady, bool unknown, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RuntimeWatcher.PauseBeforeList(hasEvents, sourcesReady, unknown));
}
