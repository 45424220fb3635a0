using System.IO.Compression;
using System.Text;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Logs;
using NodeAgent.Testing;
using NSubstitute;

namespace NodeAgent.Kubelet.Tests.Logs;

public sealed class LogRotatorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("logrotator-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly IRuntimeService _runtime = Substitute.For<IRuntimeService>();

    public LogRotatorTests() => _runtime.ReopenContainerLogAsync(default!, default).ReturnsForAnyArgs(_ =>
    {
        File.WriteAllText(LogPath, "");
        return Task.CompletedTask;
    });

    private string LogPath => Path.Combine(_folder, "0.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Rotate_AgainAndAgain_KeepsTheConfiguredNumber_NewestUncompressed()
    {
        for (var i = 1; i <= 5; i++)
        {
            await File.WriteAllTextAsync(LogPath, $"content {i}");
            await RotateAsync();
        }

        var rotated = LogFiles.Rotated(LogPath);
        Assert.Equal(2, rotated.Count);
        Assert.EndsWith(".gz", rotated[0], StringComparison.Ordinal);
        Assert.Equal("content 5", await File.ReadAllTextAsync(rotated[1]));
        await using var packed = new GZipStream(File.OpenRead(rotated[0]), CompressionMode.Decompress);
        Assert.Equal("content 4", await new StreamReader(packed).ReadToEndAsync());
        Assert.Equal("", await File.ReadAllTextAsync(LogPath));
    }

    [Fact]
    public async Task Rotate_EngineThatDoesNotReopen_LeavesTheLogAsItWas()
    {
        _runtime.ReopenContainerLogAsync(default!, default).ReturnsForAnyArgs(_ => throw new RuntimeException(RuntimeErrorCode.Unavailable, "away"));
        await File.WriteAllTextAsync(LogPath, "content");

        await Assert.ThrowsAsync<RuntimeException>(RotateAsync);

        Assert.Equal("content", await File.ReadAllTextAsync(LogPath));
        Assert.Empty(LogFiles.Rotated(LogPath));
    }

    [Fact]
    public async Task Rotate_WhatAnEarlierKubeletLeftUnfinished_IsRemoved()
    {
        await File.WriteAllTextAsync(LogPath, "content");
        await File.WriteAllTextAsync(LogPath + ".20260101-000000.tmp", "half");

        await RotateAsync();

        Assert.Empty(Directory.GetFiles(_folder, "*.tmp"));
    }

    [Fact]
    public async Task Read_AcrossRotatedFiles_TailSinceAndAll()
    {
        await WriteAsync(1, 2);
        await RotateAsync();
        await WriteAsync(3, 4);
        await RotateAsync();
        await WriteAsync(5, 6);

        Assert.Equal("1 2 3 4 5 6", await ReadAsync(new PodLogOptions()));
        Assert.Equal("6", await ReadAsync(new PodLogOptions { TailLines = 1 }));
        Assert.Equal("4 5 6", await ReadAsync(new PodLogOptions { TailLines = 3 }));
        Assert.Equal("2 3 4 5 6", await ReadAsync(new PodLogOptions { TailLines = 5 }));
        Assert.Equal("1 2 3 4 5 6", await ReadAsync(new PodLogOptions { TailLines = 50 }));
    }

    private async Task RotateAsync()
    {
        await new LogRotator(_runtime, 3, _time).RotateAsync("id", LogPath, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(10));
    }

    private Task WriteAsync(int first, int last) =>
        File.WriteAllTextAsync(LogPath, string.Concat(Enumerable.Range(first, last - first + 1).Select(i => $"2026-11-21T05:00:0{i}.5Z stdout F {i}\n")));

    private async Task<string> ReadAsync(PodLogOptions options)
    {
        using var output = new MemoryStream();
        await new LogReader(TimeProvider.System).CopyAsync(LogPath, options, _ => Task.FromResult(false), output, CancellationToken.None);
        return Encoding.UTF8.GetString(output.ToArray()).TrimEnd('\n').Replace('\n', ' ');
    }
}
