using NodeAgent.ContainerRuntime.Docker.Mapping;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

public sealed class DockerLabelsTests
{
    [Fact]
    public void Split_MergedLabels_GivesBothBackWithoutTheInternalOnes()
    {
        var merged = DockerLabels.Merge(new Dictionary<string, string> { ["app"] = "web" }, new Dictionary<string, string> { ["note"] = "a=b", ["app"] = "other" });
        merged[DockerLabels.SandboxId] = "abc";
        merged[DockerLabels.LogPath] = "/x";
        merged[DockerLabels.Type] = DockerLabels.TypeContainer;
        merged["io.kubernetes.container.name"] = "main";

        var (labels, annotations) = (new Dictionary<string, string>(), new Dictionary<string, string>());
        DockerLabels.Split(merged, labels, annotations);

        Assert.Equal(new Dictionary<string, string> { ["app"] = "web", ["io.kubernetes.container.name"] = "main" }, labels);
        Assert.Equal(new Dictionary<string, string> { ["note"] = "a=b", ["app"] = "other" }, annotations);
    }

    [Fact]
    public void Split_Sandbox_HidesTheNameOfThePauseContainer()
    {
        var merged = new Dictionary<string, string>();
        DockerLabels.MarkSandbox(merged);

        var labels = new Dictionary<string, string>();
        DockerLabels.Split(merged, labels, new Dictionary<string, string>());

        Assert.Empty(labels);
        Assert.Equal("POD", merged["io.kubernetes.container.name"]);
    }

    [Theory]
    [InlineData("1700000000123456789", 1700000000123456789)]
    [InlineData("nonsense", 5)]
    [InlineData(null, 5)]
    public void CreatedAtOf_Label_OrTheFallback(string? label, long expected)
    {
        var labels = label is null ? null : new Dictionary<string, string> { [DockerLabels.CreatedAt] = label };

        Assert.Equal(expected, DockerLabels.CreatedAtOf(labels, 5));
    }
}
