using NodeAgent.Kubelet.Images;

namespace NodeAgent.Kubelet.Tests.Images;

public class ImageReferenceTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("nginx", "docker.io/library/nginx:latest")]
    [InlineData("nginx:1.2", "docker.io/library/nginx:1.2")]
    [InlineData("me/app", "docker.io/me/app:latest")]
    [InlineData("localhost/app:1", "localhost/app:1")]
    [InlineData("127.0.0.1:5000/a/b:1", "127.0.0.1:5000/a/b:1")]
    [InlineData("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10")]
    [InlineData("nginx@" + Digest, "docker.io/library/nginx@" + Digest)]
    public void Parse_OfEachForm_IsSpelledOut(string text, string expected) => Assert.Equal(expected, ImageReference.Parse(text)?.Full);

    [Theory]
    [InlineData("")]
    [InlineData("Not A Name")]
    [InlineData("UPPER")]
    [InlineData("a:")]
    [InlineData("a@sha256:12")]
    public void Parse_OfWhatIsNone_IsNull(string text) => Assert.Null(ImageReference.Parse(text));
}
