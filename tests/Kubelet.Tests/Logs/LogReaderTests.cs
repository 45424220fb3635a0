using System.Globalization;
using System.Text;
using NodeAgent.Kubelet.Logs;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Logs;

public sealed class LogReaderTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly string _folder = Directory.CreateTempSubdirectory("logreader-").FullName;

    private string LogPath => Path.Combine(_folder, "0.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Line(int second, string text, string stream = "stdout", string tag = "F") =>
        string.Create(CultureInfo.InvariantCulture, $"2026-11-21T05:00:{second:00}.5Z {stream} {tag} {text}\n");

    private async Task<string> ReadAsync(PodLogOptions options)
    {
        using var output = new MemoryStream();
        await new LogReader(TimeProvider.System).CopyAsync(LogPath, options, _ => Task.FromResult(false), output, CancellationToken.None);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private void Write(params string[] lines) => File.WriteAllText(LogPath, string.Concat(lines));

    [Fact]
    public async Task Copy_WholeLog_TextOfBothStreams()
    {
        Write(Line(1, "one"), Line(2, "two", "stderr"), "no cri line\n", Line(3, "three"));

        Assert.Equal("one\ntwo\nthree\n", await ReadAsync(new PodLogOptions()));
    }

    [Fact]
    public async Task Copy_PartialLines_AreJoined()
    {
        Write(Line(1, "be", tag: "P"), Line(1, "gin", tag: "F"), Line(2, "end", tag: "P"));

        Assert.Equal("begin\nend", await ReadAsync(new PodLogOptions()));
        Assert.Equal("2026-11-21T05:00:01.500000000Z begin\n2026-11-21T05:00:02.500000000Z end", await ReadAsync(new PodLogOptions { Timestamps = true }));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "three\n")]
    [InlineData(2, "two\nthree\n")]
    [InlineData(3, "one\ntwo\nthree\n")]
    [InlineData(9, "one\ntwo\nthree\n")]
    public async Task Copy_Tail_LastLines(int lines, string expected)
    {
        Write(Line(1, "one"), Line(2, "two"), Line(3, "three"));

        Assert.Equal(expected, await ReadAsync(new PodLogOptions { TailLines = lines }));
    }

    [Fact]
    public async Task Copy_TailAcrossManyBlocks_LastLines()
    {
        Write([.. Enumerable.Range(0, 5000).Select(i => Line(1, $"line {i}"))]);

        var tail = await ReadAsync(new PodLogOptions { TailLines = 1000 });

        Assert.StartsWith("line 4000\n", tail, StringComparison.Ordinal);
        Assert.Equal(1000, tail.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Copy_Since_EarlierLinesAreLeftOut()
    {
        Write(Line(1, "one"), Line(2, "two"), Line(3, "three"));

        Assert.Equal("two\nthree\n", await ReadAsync(new PodLogOptions { Since = new DateTimeOffset(2026, 11, 21, 5, 0, 2, TimeSpan.Zero) }));
    }

    [Theory]
    [InlineData(1, "o")]
    [InlineData(4, "one\n")]
    [InlineData(6, "one\ntw")]
    [InlineData(100, "one\ntwo\n")]
    public async Task Copy_LimitBytes_NotOneMore(int limit, string expected)
    {
        Write(Line(1, "one"), Line(2, "two"));

        Assert.Equal(expected, await ReadAsync(new PodLogOptions { LimitBytes = limit }));
    }

    [Fact]
    public async Task Copy_OneStream_OnlyThat()
    {
        Write(Line(1, "one"), Line(2, "two", "stderr"));

        Assert.Equal("two\n", await ReadAsync(new PodLogOptions { Stdout = false }));
    }

    [Fact]
    public async Task Copy_LineLongerThanAnyBuffer_DoesNotEatMemory()
    {
        Write(Line(1, new string('x', 5 << 20)), Line(2, "after"));

        Assert.EndsWith("after\n", await ReadAsync(new PodLogOptions()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Copy_NoFile_IsSaid()
    {
        var error = await Assert.ThrowsAsync<LogRequestException>(() => ReadAsync(new PodLogOptions()));

        Assert.Contains(LogPath, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Copy_Follow_NewLinesRotationAndEnd()
    {
        Write(Line(1, "one"));
        var time = new FakeTimeProvider();
        var running = true;
        using var output = new MemoryStream();
        var copy = new LogReader(time).CopyAsync(LogPath, new PodLogOptions { Follow = true }, _ => Task.FromResult(running), output, CancellationToken.None);

        await StepAsync(time, () => Text(output) == "one\n");
        await File.AppendAllTextAsync(LogPath, Line(2, "two"));
        await StepAsync(time, () => Text(output).EndsWith("two\n", StringComparison.Ordinal));
        File.Move(LogPath, LogPath + ".1");
        await File.AppendAllTextAsync(LogPath + ".1", Line(3, "last of the old"));
        await File.WriteAllTextAsync(LogPath, Line(4, "first of the new"));
        await StepAsync(time, () => Text(output).EndsWith("first of the new\n", StringComparison.Ordinal));
        await File.AppendAllTextAsync(LogPath, Line(5, "last words"));
        running = false;
        await StepAsync(time, () => copy.IsCompleted);

        await copy;
        Assert.Equal("one\ntwo\nlast of the old\nfirst of the new\nlast words\n", Text(output));
    }

    [Fact]
    public async Task Copy_FollowWhileTheFrontIsCutOff_NothingTwiceAndNothingMissed()
    {
        Write(Line(1, "one"), new string(' ', 5000), Line(2, "two"));
        var time = new FakeTimeProvider();
        var running = true;
        using var output = new MemoryStream();
        var copy = new LogReader(time).CopyAsync(LogPath, new PodLogOptions { Follow = true }, _ => Task.FromResult(running), output, CancellationToken.None);
        await StepAsync(time, () => Text(output) == "one\ntwo\n");

        File.WriteAllText(LogPath + ".1", Line(1, "one") + new string(' ', 3000));
        using (var file = new FileStream(LogPath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            var rest = Encoding.UTF8.GetBytes(new string(' ', 2000) + Line(2, "two") + Line(3, "three"));
            await file.WriteAsync(rest);
            file.SetLength(rest.Length);
        }

        await StepAsync(time, () => Text(output).EndsWith("three\n", StringComparison.Ordinal));
        running = false;
        await StepAsync(time, () => copy.IsCompleted);

        await copy;
        Assert.Equal("one\ntwo\nthree\n", Text(output));
    }

    [Fact]
    public async Task Copy_TailOverACut_CountsLinesOnly()
    {
        File.WriteAllText(LogPath + ".1", Line(1, "one") + Line(2, "two") + new string(' ', 5000));
        Write(new string(' ', 3000), Line(3, "three"), new string(' ', 4096));

        Assert.Equal("three\n", await ReadAsync(new PodLogOptions { TailLines = 1 }));
        Assert.Equal("two\nthree\n", await ReadAsync(new PodLogOptions { TailLines = 2 }));
        Assert.Equal("one\ntwo\nthree\n", await ReadAsync(new PodLogOptions()));
    }

    private static string Text(MemoryStream output) => Encoding.UTF8.GetString(output.ToArray());

    // The reader sleeps on the fake clock; it is moved whenever the reader has gone to sleep.
    private static async Task StepAsync(FakeTimeProvider time, Func<bool> condition)
    {
        var limit = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < limit, "the reader did not get there");
            if (time.WaitingTimers > 0)
            {
                time.Advance(TimeSpan.FromMilliseconds(500));
            }

            await Task.Yield();
        }
    }
}
