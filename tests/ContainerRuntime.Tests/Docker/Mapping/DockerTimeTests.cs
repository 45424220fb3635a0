using NodeAgent.ContainerRuntime.Docker.Mapping;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

public sealed class DockerTimeTests
{
    [Theory]
    [InlineData("2026-11-21T04:47:25.123456789Z", 1795236445123456789)]
    [InlineData("2026-11-21T04:47:25.1Z", 1795236445100000000)]
    [InlineData("2026-11-21T04:47:25Z", 1795236445000000000)]
    [InlineData("2026-11-21T05:47:25.5+01:00", 1795236445500000000)]
    [InlineData("0001-01-01T00:00:00Z", 0)]
    [InlineData("", 0)]
    public void ToNanoseconds_Text_EveryDecimalCounts(string text, long expected) => Assert.Equal(expected, DockerTime.ToNanoseconds(text));
}
