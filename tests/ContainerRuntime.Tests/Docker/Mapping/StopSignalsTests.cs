using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

public sealed class StopSignalsTests
{
    [Theory]
    [InlineData(Signal.Sigterm, "SIGTERM")]
    [InlineData(Signal.Sigusr1, "SIGUSR1")]
    [InlineData(Signal.Sigrtmin, "SIGRTMIN")]
    [InlineData(Signal.Sigrtminplus3, "SIGRTMIN+3")]
    [InlineData(Signal.Sigrtmaxminus14, "SIGRTMAX-14")]
    public void ToDocker_Signal_AndBack(Signal signal, string name)
    {
        Assert.Equal(name, StopSignals.ToDocker(signal));
        Assert.Equal(signal, StopSignals.FromDocker(name));
    }

    [Fact]
    public void ToDocker_Default_IsTheImages() => Assert.Null(StopSignals.ToDocker(Signal.RuntimeDefault));

    [Theory]
    [InlineData("TERM", Signal.Sigterm)]
    [InlineData("", Signal.RuntimeDefault)]
    [InlineData("37", Signal.RuntimeDefault)]
    [InlineData("SIGNONE", Signal.RuntimeDefault)]
    public void FromDocker_OtherSpellings_AreRead(string name, Signal expected) => Assert.Equal(expected, StopSignals.FromDocker(name));

    [Fact]
    public void ToDocker_EverySignal_ComesBack()
    {
        foreach (var signal in Enum.GetValues<Signal>())
        {
            Assert.Equal(signal, StopSignals.FromDocker(StopSignals.ToDocker(signal)));
        }
    }
}
