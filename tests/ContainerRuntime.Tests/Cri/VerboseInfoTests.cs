using NodeAgent.ContainerRuntime.Cri;

namespace NodeAgent.ContainerRuntime.Tests.Cri;

public sealed class VerboseInfoTests
{
    [Theory]
    [InlineData("""{"pid":4711,"runtimeType":"io.containerd.runc.v2","removing":false}""", 4711)]
    [InlineData("""{"pid":0,"runtimeType":"io.containerd.runc.v2"}""", null)]
    [InlineData("""{"pid":4711,"runtimeType":"io.containerd.kata.v2"}""", null)]
    [InlineData("""{"pid":4711}""", null)]
    [InlineData("""["pid"]""", null)]
    [InlineData("pid=4711", null)]
    public void MainProcess_OfWhatEnginesSay(string info, int? expected) =>
        Assert.Equal(expected, VerboseInfo.MainProcess(new Dictionary<string, string> { ["info"] = info }));

    [Fact]
    public void MainProcess_NothingSaid_IsUnknown() => Assert.Null(VerboseInfo.MainProcess(new Dictionary<string, string>()));
}
