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
}
