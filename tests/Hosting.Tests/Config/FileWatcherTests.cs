using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Config;
using NodeAgent.Testing;

namespace NodeAgent.Hosting.Tests.Config;

public sealed class FileWatcherTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nodeagent-watch").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task RunAsync_FileChanges_RereadsOncePerChangeAndSurvivesABadOne()
    {
        var path = Path.Combine(_directory, "config.yaml");
        await File.WriteAllTextAsync(path, "1");
        var read = new List<string>();
        var clock = new FakeTimeProvider();
        var watcher = new FileWatcher([path, _directory], _ =>
        {
            var text = File.ReadAllText(path);
            read.Add(text);
            if (text == "bad")
            {
                throw new InvalidDataException("bad");
            }
        }, TimeSpan.FromSeconds(1), clock, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var loop = watcher.RunAsync(stop.Token);
        foreach (var text in new[] { "bad", "good2" })
        {
            await File.WriteAllTextAsync(path, text);
            clock.Advance(TimeSpan.FromSeconds(1));
            await Eventually.True(() => read.Count > 0 && read[^1] == text, text);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(watcher.CheckNow(CancellationToken.None));
        Assert.Equal(["bad", "good2"], read);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
    }

    [Fact]
    public void CheckNow_MountedConfigMap_SeesTheLinkChange()
    {
        foreach (var (version, text) in new[] { ("v1", "same"), ("v2", "same") })
        {
            Directory.CreateDirectory(Path.Combine(_directory, version));
            File.WriteAllText(Path.Combine(_directory, version, "config"), text);
        }

        var data = Path.Combine(_directory, "..data");
        Directory.CreateSymbolicLink(data, "v1");
        File.CreateSymbolicLink(Path.Combine(_directory, "config"), "..data/config");
        var reads = 0;
        var watcher = new FileWatcher([Path.Combine(_directory, "config")], _ => reads++, TimeSpan.FromSeconds(1), new FakeTimeProvider(), NullLogger.Instance);
        Assert.False(watcher.CheckNow(CancellationToken.None));
        File.SetLastWriteTimeUtc(Path.Combine(_directory, "v2", "config"), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, "v2");
        Assert.True(watcher.CheckNow(CancellationToken.None));
        Assert.Equal(1, reads);
    }
}
