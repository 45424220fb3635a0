using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Tests.Host;

public sealed class SafePathTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("na-safe-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void OpenOrMakeFolder_OfWhatIsNotThere_MakesItWithTheMode()
    {
        using var made = SafePath.OpenOrMakeFolder(_folder, "a/b", 0b111_101_000);

        Assert.True(Directory.Exists(Path.Combine(_folder, "a", "b")));
        Assert.Equal((UnixFileMode)0b111_101_000, File.GetUnixFileMode(Path.Combine(_folder, "a", "b")));
        Assert.Equal(Path.Combine(_folder, "a", "b"), new FileInfo(SafePath.Descriptor(made)).LinkTarget);
    }

    [Fact]
    public void OpenOrMakeFolder_ThroughALinkInside_FollowsIt()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "real"));
        File.CreateSymbolicLink(Path.Combine(_folder, "link"), "real");

        using var made = SafePath.OpenOrMakeFolder(_folder, "link/new", 0b111_111_111);

        Assert.True(Directory.Exists(Path.Combine(_folder, "real", "new")));
    }

    [Theory]
    [InlineData("/etc")]
    [InlineData("../..")]
    [InlineData("real/../../..")]
    public void Open_ThroughALinkThatLeadsOut_IsRefused(string target)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "real"));
        File.CreateSymbolicLink(Path.Combine(_folder, "evil"), target);

        Assert.Throws<IOException>(() => SafePath.Open(_folder, "evil").Dispose());
        Assert.Throws<IOException>(() => SafePath.OpenOrMakeFolder(_folder, "evil/x", 0b111_111_111).Dispose());
    }

    [Fact]
    public void OpenFile_OfAFile_ReadsIt()
    {
        File.WriteAllText(Path.Combine(_folder, "f"), "text");

        using var reader = new StreamReader(SafePath.OpenFile(_folder, "f"));

        Assert.Equal("text", reader.ReadToEnd());
        Assert.Throws<FileNotFoundException>(() => SafePath.OpenFile(_folder, "g"));
    }
}
