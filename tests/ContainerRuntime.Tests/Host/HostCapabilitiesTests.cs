using NodeAgent.ContainerRuntime.Host;

namespace NodeAgent.ContainerRuntime.Tests.Host;

public sealed class HostCapabilitiesTests
{
    [Theory]
    [InlineData("CapEff:\t000001ffffffffff", "0\n", -1000)]
    [InlineData("CapEff:\t000001fffeffffff", "0\n", 0)]
    [InlineData("CapEff:\t000001fffeffffff", "-500\n", -500)]
    [InlineData("CapPrm:\t000001ffffffffff", "0\n", 0)]
    public void OomScoreFloor_Capability_DecidesHowLow(string line, string own, int expected) =>
        Assert.Equal(expected, HostCapabilities.OomScoreFloor(["Name:\tx", line], own));
}
