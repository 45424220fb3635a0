using System.Text;
using NodeAgent.Kubelet.Volumes;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Volumes;

public sealed class AtomicWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("aw-").FullName;
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_First_ShowsFilesThroughTheDataLink()
    {
        Assert.True(Write(("a", "1"), ("sub/b", "2")));

        Assert.Equal(("1", "2"), (Read("a"), Read("sub/b")));
        Assert.Equal("..data/a", new FileInfo(Path.Combine(_folder, "a")).LinkTarget);
        Assert.NotNull(new FileInfo(Path.Combine(_folder, "..data")).LinkTarget);
    }

    [Fact]
    public void Write_SameAgain_ChangesNothing()
    {
        Write(("a", "1"));
        var before = new FileInfo(Path.Combine(_folder, "..data")).LinkTarget;

        Assert.False(Write(("a", "1")));

        Assert.Equal(before, new FileInfo(Path.Combine(_folder, "..data")).LinkTarget);
    }

    [Fact]
    public void Write_Changed_SwapsAllAndRemovesTheOldFolder()
    {
        Write(("a", "1"), ("gone", "x"));
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.True(Write(("a", "2"), ("new", "y")));

        Assert.Equal(("2", "y"), (Read("a"), Read("new")));
        Assert.False(Path.Exists(Path.Combine(_folder, "gone")));
        Assert.Single(Directory.EnumerateDirectories(_folder).Select(Path.GetFileName), n => n!.StartsWith("..2", StringComparison.Ordinal));
    }

    [Fact]
    public void Write_Mode_IsTheFiles()
    {
        AtomicWriter.Write(_folder, [new PayloadFile("a", "1"u8.ToArray(), 0b100_000_000)], null, _time);

        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(Path.Combine(_folder, "..data", "a")));
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("/a")]
    [InlineData("b/../../a")]
    [InlineData("..a")]
    public void Write_PathThatLeavesTheVolume_IsRefused(string path) => Assert.Throws<VolumeException>(() => Write((path, "1")));

    private bool Write(params (string Path, string Text)[] files) =>
        AtomicWriter.Write(_folder, [.. files.Select(f => new PayloadFile(f.Path, Encoding.UTF8.GetBytes(f.Text), 0b110_100_100))], null, _time);

    private string Read(string path) => File.ReadAllText(Path.Combine(_folder, path));
}
