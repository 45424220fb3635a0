using NodeAgent.ContainerRuntime.Cri;

namespace NodeAgent.ContainerRuntime.Tests.Cri;

public class CriEndpointTests
{
    [Theory]
    [InlineData("unix:///run/containerd/containerd.sock")]
    [InlineData("/run/containerd/containerd.sock")]
    public void Parse_UnixSocket_Path(string endpoint) =>
        Assert.Equal("/run/containerd/containerd.sock", CriEndpoint.Parse(endpoint).SocketPath);

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("unix://")]
    [InlineData("unix://run/containerd.sock")]
    [InlineData("run/containerd.sock")]
    [InlineData("tcp://127.0.0.1:1234")]
    [InlineData("npipe:////./pipe/containerd")]
    public void Parse_AnythingElse_SaysWhatToWrite(string endpoint)
    {
        var error = Assert.Throws<FormatException>(() => CriEndpoint.Parse(endpoint));

        Assert.Contains("unix:///run/containerd/containerd.sock", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_PathLongerThanASocketCanHave_FormatException() =>
        Assert.Throws<FormatException>(() => CriEndpoint.Parse("unix:///" + new string('x', 108)));
}
