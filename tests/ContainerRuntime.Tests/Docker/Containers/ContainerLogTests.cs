using System.Diagnostics;
using System.Globalization;
using NodeAgent.ContainerRuntime.Docker.Containers;
using NodeAgent.ContainerRuntime.Host;

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
    public async Task Rotate_RenamedLink_BecomesTheLinesAndTheEngineGoesOnInItsFile()
    {
        ContainerLog.Link(Log, Engines);
        await File.WriteAllTextAsync(Engines, "one\ntwo\n");
        File.Move(Log, Log + ".20261121-040000");

        await ContainerLog.RotateAsync(Log, Engines, CancellationToken.None);
        File.AppendAllText(Engines, "three\n");

        Assert.Null(new FileInfo(Log + ".20261121-040000").LinkTarget);
        Assert.Equal("one\ntwo\n", (await File.ReadAllTextAsync(Log + ".20261121-040000")).TrimEnd(' '));
        Assert.Equal(Engines, new FileInfo(Log).LinkTarget);
        Assert.Equal("three\n", (await File.ReadAllTextAsync(Log)).TrimStart(' '));
        Assert.Equal(2, Directory.GetFiles(Path.GetDirectoryName(Log)!).Length);
    }

    [Fact]
    public async Task Rotate_AgainAndAgainWhileLinesAreAppended_NoneIsLostOrRepeated()
    {
        const int Lines = 30_000;
        ContainerLog.Link(Log, Engines);
        await File.WriteAllTextAsync(Engines, "");
        using var writer = Process.Start("sh", ["-c", $"i=0; while [ $i -lt {Lines} ]; do i=$((i+1)); echo line $i; done >> {Engines}"]);
        var rounds = 0;
        do
        {
            File.Move(Log, string.Create(CultureInfo.InvariantCulture, $"{Log}.{rounds++:D6}"));
            await ContainerLog.RotateAsync(Log, Engines, CancellationToken.None);
        }
        while (!writer.HasExited);

        var all = Directory.GetFiles(Path.GetDirectoryName(Log)!, "*.0*").Order(StringComparer.Ordinal).Append(Log).SelectMany(File.ReadAllLines).Select(l => l.Trim(' ')).Where(l => l.Length > 0);
        if (CanRemoveFront())
        {
            Assert.Equal(Enumerable.Range(1, Lines).Select(i => string.Create(CultureInfo.InvariantCulture, $"line {i}")), all);
        }

        Assert.InRange(rounds, 2, int.MaxValue);
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

    private bool CanRemoveFront()
    {
        var path = Path.Combine(_folder, "probe");
        File.WriteAllBytes(path, new byte[3 * 4096]);
        using var file = new AppendedFile(path);
        return file.TryRemoveFront(4096);
    }
}
