using NodeAgent.ContainerRuntime.Grpc;

namespace NodeAgent.ContainerRuntime.Tests.Grpc;

public class GrpcTimeoutTests
{
    [Theory]
    [InlineData(0, "1m")]
    [InlineData(0.0004, "1m")]
    [InlineData(1.5, "1500m")]
    [InlineData(99_999.999, "99999999m")]
    [InlineData(100_000, "100000S")]
    [InlineData(1e11, "99999999S")]
    public void Format_Seconds_AtMostEightDigits(double seconds, string expected) =>
        Assert.Equal(expected, GrpcTimeout.Format(TimeSpan.FromSeconds(seconds)));
}
