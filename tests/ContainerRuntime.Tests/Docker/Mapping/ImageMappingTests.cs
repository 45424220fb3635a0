using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using AuthConfig = NodeAgent.ContainerRuntime.V1.AuthConfig;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

public sealed class ImageMappingTests
{
    [Theory]
    [InlineData("", null, "")]
    [InlineData("1000", 1000L, "")]
    [InlineData("1000:5", 1000L, "")]
    [InlineData("nobody:nogroup", null, "nobody")]
    public void FromInspect_User_IdOrName(string user, long? uid, string name)
    {
        var image = ImageMapping.FromInspect(new ImageInspectResponse { ID = "sha256:1", Config = new Config { User = user } }, "pause");

        Assert.Equal(uid, image.Uid?.Value);
        Assert.Equal(name, image.Username);
    }

    [Fact]
    public void FromList_NoNames_AreEmptyAndThePauseImageIsPinned()
    {
        var nameless = ImageMapping.FromList(new ImagesListResponse { ID = "a", RepoTags = ["<none>:<none>"], RepoDigests = ["<none>@<none>"], Size = 5 }, "pause:1");
        var pause = ImageMapping.FromList(new ImagesListResponse { ID = "b", RepoTags = ["pause:1"] }, "docker.io/library/pause:1");

        Assert.Empty(nameless.RepoTags);
        Assert.Empty(nameless.RepoDigests);
        Assert.False(nameless.Pinned);
        Assert.Equal(5ul, nameless.Size);
        Assert.True(pause.Pinned);
    }

    [Fact]
    public void ToDocker_Auth_UserAndPasswordOrBothInOne()
    {
        var plain = ImageMapping.ToDocker(new AuthConfig { Username = "u", Password = "p", ServerAddress = "r" })!;
        var encoded = ImageMapping.ToDocker(new AuthConfig { Auth = Convert.ToBase64String("u:p:q"u8) })!;

        Assert.Equal(("u", "p", "r"), (plain.Username, plain.Password, plain.ServerAddress));
        Assert.Equal(("u", "p:q"), (encoded.Username, encoded.Password));
        Assert.Null(ImageMapping.ToDocker(null));
    }

    [Theory]
    [InlineData("unauthorized: authentication required", RuntimeErrorCode.PermissionDenied)]
    [InlineData("pull access denied for x, repository does not exist or may require 'docker login'", RuntimeErrorCode.PermissionDenied)]
    [InlineData("manifest for r/x:2 not found: manifest unknown: manifest unknown", RuntimeErrorCode.NotFound)]
    [InlineData("Get \"https://r/v2/\": dial tcp: i/o timeout", RuntimeErrorCode.Unknown)]
    public void PullErrorCode_Message_TellsWhatItIs(string message, RuntimeErrorCode expected) => Assert.Equal(expected, ImageMapping.PullErrorCode(message));

    [Fact]
    public void Reference_Pulled_DigestOfItsOwnRepositoryOrId()
    {
        var image = new ImageInspectResponse { ID = "sha256:1", RepoDigests = ["mirror/nginx@sha256:m", "nginx@sha256:d"] };

        Assert.Equal("nginx@sha256:d", ImageMapping.Reference(image, ImageReference.Parse("docker.io/library/nginx:1")));
        Assert.Equal("sha256:1", ImageMapping.Reference(image, ImageReference.Parse("other/nginx:1")));
    }
}
