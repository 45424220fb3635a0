using NodeAgent.Kubelet.Devices;

namespace NodeAgent.Kubelet.Tests.Devices;

public sealed class ExtendedResourcesTests
{
    [Theory]
    [InlineData("example.com/gpu", true)]
    [InlineData("nvidia.com/mig-1g.5gb", true)]
    [InlineData("gpu", false)]
    [InlineData("kubernetes.io/gpu", false)]
    [InlineData("node.kubernetes.io/gpu", false)]
    [InlineData("requests.example.com/gpu", false)]
    [InlineData("example.com/", false)]
    [InlineData("example.com/a/b", false)]
    [InlineData("Example.com/gpu", false)]
    [InlineData("/gpu", false)]
    [InlineData("example.com/gpu\n", false)]
    public void IsName_OfAName_SaysWhetherPluginsMayHaveIt(string name, bool expected) => Assert.Equal(expected, ExtendedResources.IsName(name));
}
