using System.Text;
using Google.Protobuf;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Images;

namespace NodeAgent.Kubelet.Tests.Images;

public class RegistryCredentialsTests
{
    [Fact]
    public void For_DockerConfigJson_UnpacksAuth()
    {
        var auth = Convert.ToBase64String(Encoding.UTF8.GetBytes("me:pa:ss"));
        var secret = Secret(".dockerconfigjson", """{"auths":{"r.example:5000":{"auth":"AUTH"},"other":{"username":"x"}}}""".Replace("AUTH", auth, StringComparison.Ordinal));

        var login = Assert.Single(RegistryCredentials.For(ImageReference.Parse("r.example:5000/app:1")!, [secret])).Auth;

        Assert.Equal(("me", "pa:ss"), (login.Username, login.Password));
    }

    [Fact]
    public void For_DockerCfg_IsReadToo()
    {
        var secret = Secret(".dockercfg", """{"https://r.example/v1/":{"username":"u","password":"p"}}""");

        Assert.Equal("u", Assert.Single(RegistryCredentials.For(ImageReference.Parse("r.example/app")!, [secret])).Auth.Username);
    }

    [Fact]
    public void For_SeveralThatFit_TheMostSpecificIsFirst()
    {
        var secret = Secret(".dockerconfigjson", """{"auths":{"r.example":{"username":"wide"},"r.example/team":{"username":"narrow"}}}""");

        Assert.Equal(["narrow", "wide"], RegistryCredentials.For(ImageReference.Parse("r.example/team/app")!, [secret]).Select(l => l.Auth.Username));
    }

    [Theory]
    [InlineData("*.example.com", true)]
    [InlineData("example.com", false)]
    [InlineData("*.*.com", true)]
    [InlineData("*.com", false)]
    public void Fits_Wildcards_StandForOneLabel(string pattern, bool expected) => Assert.Equal(expected, RegistryCredentials.Fits(pattern, ImageReference.Parse("a.example.com/x")!));

    [Theory]
    [InlineData("*.example.com:5000", true)]
    [InlineData("*.example.com", false)]
    [InlineData("*.example.*", false)]
    public void Fits_APort_HasToBeTheSame(string pattern, bool expected) => Assert.Equal(expected, RegistryCredentials.Fits(pattern, ImageReference.Parse("a.example.com:5000/x")!));

    [Fact]
    public void NodeDockerConfig_IsReadFromTheFirstFolderThatHasOne_AndReadAgainAfterFiveMinutes()
    {
        var folder = Directory.CreateTempSubdirectory("na-docker-");
        try
        {
            var time = new NodeAgent.Testing.FakeTimeProvider();
            var config = new NodeDockerConfig([Path.Combine(folder.FullName, "absent"), folder.FullName], time);
            Assert.Empty(config.Logins);

            File.WriteAllText(Path.Combine(folder.FullName, "config.json"), """{"auths":{"r.example":{"username":"of-the-node"}}}""");
            Assert.Empty(config.Logins);
            time.Advance(TimeSpan.FromMinutes(6));

            Assert.Equal("of-the-node", Assert.Single(RegistryCredentials.Fitting(ImageReference.Parse("r.example/app")!, config.Logins)).Username);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void For_TextThatIsNoJson_HasNoLogins() => Assert.Empty(RegistryCredentials.For(ImageReference.Parse("r.example/app")!, [Secret(".dockerconfigjson", "nonsense")]));

    private static Secret Secret(string key, string json) => new() { Metadata = new(), Data = { [key] = ByteString.CopyFromUtf8(json) } };
}
