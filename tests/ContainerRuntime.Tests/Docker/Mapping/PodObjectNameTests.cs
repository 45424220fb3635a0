using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

public sealed class PodObjectNameTests
{
    [Fact]
    public void ForSandbox_Metadata_IsReadBackFromDockersName()
    {
        var metadata = new PodSandboxMetadata { Name = "web-0", Namespace = "shop", Uid = "8a1b", Attempt = 3 };

        var name = PodObjectName.ForSandbox(metadata).ToString();

        Assert.Equal("k8s_POD_web-0_shop_8a1b_3", name);
        Assert.True(PodObjectName.TryParse("/" + name, out var parsed));
        Assert.Equal(metadata, parsed.SandboxMetadata);
    }

    [Fact]
    public void ForContainer_Metadata_IsReadBack()
    {
        var sandbox = new PodSandboxMetadata { Name = "web", Namespace = "shop", Uid = "u", Attempt = 1 };
        var metadata = new ContainerMetadata { Name = "main", Attempt = 7 };

        Assert.True(PodObjectName.TryParse(PodObjectName.ForContainer(sandbox, metadata).ToString(), out var parsed));

        Assert.Equal(metadata, parsed.ContainerMetadata);
        Assert.Equal("web", parsed.Pod);
    }

    [Theory]
    [InlineData("/k8s_main_web_shop_u_1_a81f", true)]
    [InlineData("/k8s_main_web_shop_u", false)]
    [InlineData("/k8s_main_web_shop_u_x", false)]
    [InlineData("/k8s_main_web_shop_u_-1", false)]
    [InlineData("/nginx", false)]
    [InlineData("", false)]
    public void TryParse_OtherNames_OnlyThoseOfPods(string name, bool expected) => Assert.Equal(expected, PodObjectName.TryParse(name, out _));
}
