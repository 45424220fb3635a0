using NodeAgent.ContainerRuntime.Docker.Containers;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Containers;

public sealed class ContainerLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-log-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Log => Path.Combine(_folder, "pod", "main", "0.log");

    private string Engines => Path.Combine(_folder, "c1-json.log");

    [Fact]
    public void Link_AgainForAnotherContainer_LeadsToTheNewOne()
    {
        ContainerLog.Link(Log, "/old");
        ContainerLog.Link(Log, Engines);

        Assert.Equal(Engines, new FileInfo(Log).LinkTarget);
    }

    [Fact]
    public void Unlink_OnlyALink_NeverAFile()
    {
        ContainerLog.Link(Log, Engines);
        ContainerLog.Unlink(Log);
        Assert.False(File.Exists(Log) || new FileInfo(Log).LinkTarget is not null);

        File.WriteAllText(Log, "lines");
        ContainerLog.Unlink(Log);
        Assert.True(File.Exists(Log));
    }

    [Fact]
    public async Task Rotate_RenamedLink_BecomesTheLinesAndTheEngineGoesOnInAnEmptyFile()
    {
        ContainerLog.Link(Log, Engines);
        await using var engine = new FileStream(Engines, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, 1);
        await engine.WriteAsync("one\ntwo\n"u8.ToArray());
        await engine.FlushAsync();
        File.Move(Log, Log + ".20261121-040000");

        await ContainerLog.RotateAsync(Log, Engines, CancellationToken.None);

        Assert.Null(new FileInfo(Log + ".20261121-040000").LinkTarget);
        Assert.Equal("one\ntwo\n", await File.ReadAllTextAsync(Log + ".20261121-040000"));
        Assert.Equal(Engines, new FileInfo(Log).LinkTarget);
        Assert.Equal(0, new FileInfo(Engines).Length);
        Assert.Equal(2, Directory.GetFiles(Path.GetDirectoryName(Log)!).Length);
    }

    [Fact]
    public async Task Rotate_NothingWasRenamed_LeavesAllAsItIs()
    {
        await File.WriteAllTextAsync(Engines, "one\n");
        ContainerLog.Link(Log, Engines);

        await ContainerLog.RotateAsync(Log, Engines, CancellationToken.None);

        Assert.Equal("one\n", await File.ReadAllTextAsync(Log));
    }

    [Fact]
    public async Task Rotate_LinkIsGone_IsMadeAgain()
    {
        await File.WriteAllTextAsync(Engines, "one\n");
        Directory.CreateDirectory(Path.GetDirectoryName(Log)!);

        await ContainerLog.RotateAsync(Log, Engines, CancellationToken.None);

        Assert.Equal("one\n", await File.ReadAllTextAsync(Log));
    }
}
