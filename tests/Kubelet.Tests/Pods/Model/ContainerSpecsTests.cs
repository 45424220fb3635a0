using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Tests.Pods.Model;

public class ContainerSpecsTests
{
    [Theory]
    [InlineData("test_container", "foo/image:v1", "8e45cbd0")]
    [InlineData("foo", "bar", "11a6d6d6")]
    public void Hash_OfNameAndImage_IsUpstreams(string name, string image, string expected) =>
        Assert.Equal(expected, new Container { Name = name, Image = image }.Hash());

    [Fact]
    public void AsContainer_KeepsEveryField()
    {
        var ephemeral = new EphemeralContainer { EphemeralContainerCommon = new EphemeralContainerCommon { Name = "d", Image = "i", Tty = true, Command = { "sh" } } };

        var container = ephemeral.AsContainer();

        Assert.Equal(("d", "i", true, "sh"), (container.Name, container.Image, container.Tty, container.Command[0]));
    }

    [Fact]
    public void BackOffKey_ImageOrResources_MakeAnother()
    {
        var key = Make("img", "100m").BackOffKey();

        Assert.Equal(key, Make("img", "100m").BackOffKey());
        Assert.NotEqual(key, Make("img:2", "100m").BackOffKey());
        Assert.NotEqual(key, Make("img", "200m").BackOffKey());

        static Container Make(string image, string cpu) => new() { Name = "a", Image = image, Resources = new ResourceRequirements { Requests = { ["cpu"] = new KubeApi.Meta.Quantity { String = cpu } } } };
    }
}
