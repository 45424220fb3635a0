using NodeAgent.ContainerRuntime.Docker.Mapping;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

public sealed class ImageReferenceTests
{
    private const string Hash = "9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0";

    [Theory]
    [InlineData("busybox", "busybox:latest")]
    [InlineData("docker.io/library/busybox", "busybox:latest")]
    [InlineData("docker.io/grafana/loki:2", "grafana/loki:2")]
    [InlineData("localhost:5000/app", "localhost:5000/app:latest")]
    [InlineData("localhost:5000/app:v1", "localhost:5000/app:v1")]
    [InlineData("registry.k8s.io/pause@sha256:d", "registry.k8s.io/pause@sha256:d")]
    [InlineData("registry.k8s.io/pause:3.10@sha256:d", "registry.k8s.io/pause@sha256:d")]
    [InlineData("sha256:" + Hash, "sha256:" + Hash)]
    [InlineData(Hash, "sha256:" + Hash)]
    public void Parse_Name_IsTheEngines(string text, string expected) => Assert.Equal(expected, ImageReference.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData(":1")]
    [InlineData("app:")]
    [InlineData("app@")]
    [InlineData("a b")]
    public void TryParse_NoName_IsRefused(string text) => Assert.False(ImageReference.TryParse(text, out _));

    [Theory]
    [InlineData("docker.io/library/busybox:1", true)]
    [InlineData("busybox:2", false)]
    [InlineData("busybox@sha256:d", true)]
    [InlineData("busybox@sha256:e", false)]
    [InlineData("9834", false)]
    [InlineData("sha256:" + Hash, true)]
    public void Names_FoundImage_OnlyWhatWasMeant(string text, bool expected) =>
        Assert.Equal(expected, ImageReference.Parse(text).Names("sha256:" + Hash, ["busybox:1"], ["busybox@sha256:d"]));
}
