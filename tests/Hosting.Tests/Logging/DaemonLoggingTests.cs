using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Logging;
using NodeAgent.Testing;

namespace NodeAgent.Hosting.Tests.Logging;

public partial class DaemonLoggingTests
{
    private readonly MemoryStream _output = new();

    private string Lines(Action<ILogger> log, LoggingOptions? options = null, bool journal = false, string category = "NodeAgent.Kubelet.Pods.PodWorker")
    {
        using (var logging = DaemonLogging.Create(_output, options ?? new LoggingOptions(), new FakeTimeProvider(new DateTimeOffset(2026, 11, 21, 4, 5, 6, TimeSpan.Zero).AddMicroseconds(789)), journal))
        {
            log(logging.Factory.CreateLogger(category));
        }

        return Encoding.UTF8.GetString(_output.ToArray());
    }

    private static string Head(char letter) => $"{letter}1121 04:05:06.000789 {Environment.ProcessId,7} PodWorker] ";

    [LoggerMessage(1, LogLevel.Information, "Pod {Pod} started after {Seconds}s")]
    private static partial void Started(ILogger logger, string pod, double seconds);

    [LoggerMessage(2, LogLevel.Error, "Pod {Pod} failed")]
    private static partial void Failed(ILogger logger, string pod, Exception error);

    [Fact]
    public void Text_Message_IsAsKlogWritesIt() =>
        Assert.Equal(Head('I') + "\"Pod default/web-0 started after 1.5s\"\n", Lines(l => Started(l, "default/web-0", 1.5)));

    [Fact]
    public void Text_FieldsOutsideTheMessage_FollowAsKeysAndValues() =>
        Assert.Equal(Head('W') + "\"m\" pod=\"a\\\"b\\n\" n=5 ok=true none=<nil>\n", Lines(l => l.Log(LogLevel.Warning, 0, new List<KeyValuePair<string, object?>> { new("pod", "a\"b\n"), new("n", 5), new("ok", true), new("none", null) }, null, (_, _) => "m")));

    [Fact]
    public void Text_ExpectedException_IsOneLineWithItsCauses() =>
        Assert.Equal(
            Head('E') + "\"Pod p failed\" err=\"read /x: permission denied\"\n",
            Lines(l => Failed(l, "p", new IOException("read /x", new UnauthorizedAccessException("permission denied")))));

    [Fact]
    public void Text_Bug_ComesWithItsStack()
    {
        var text = Lines(l => Failed(l, "p", new InvalidOperationException("oops")));
        Assert.StartsWith(Head('E') + "\"Pod p failed\" err=\"oops\"\nSystem.InvalidOperationException: oops", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_LineBreaksInValues_CannotForgeALine() =>
        Assert.Equal(1, Lines(l => Started(l, "x\nE1121 forged\u001b[31m", 1)).Count(c => c == '\n'));

    [Theory]
    [InlineData(LogLevel.Critical, "<2>F")]
    [InlineData(LogLevel.Error, "<3>E")]
    [InlineData(LogLevel.Warning, "<4>W")]
    [InlineData(LogLevel.Information, "<6>I")]
    public void Text_ToTheJournal_BeginsWithThePriority(LogLevel level, string expected) =>
        Assert.StartsWith(expected, Lines(l => l.Log(level, 0, "x", null, (s, _) => s), journal: true), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, "IW")]
    [InlineData(3, "IW")]
    [InlineData(4, "DIW")]
    [InlineData(6, "TDIW")]
    public void Verbosity_DecidesTheLevel(int verbosity, string expected)
    {
        var text = Lines(
            l =>
            {
                l.Log(LogLevel.Trace, 0, "T", null, (s, _) => s);
                l.Log(LogLevel.Debug, 0, "D", null, (s, _) => s);
                l.Log(LogLevel.Information, 0, "I", null, (s, _) => s);
                l.Log(LogLevel.Warning, 0, "W", null, (s, _) => s);
            },
            new LoggingOptions(Verbosity: verbosity));
        Assert.Equal(expected, string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l[^2])));
    }

    [Fact]
    public void FrameworkCategories_AtTheUsualLevel_AreQuiet() =>
        Assert.Equal("", Lines(l => l.Log(LogLevel.Information, 0, "x", null, (s, _) => s), category: "Microsoft.AspNetCore.Server.Kestrel"));

    [Fact]
    public void Json_Message_IsOneObjectPerLineWithEveryField()
    {
        var line = Lines(l => Failed(l, "default/web-0", new IOException("gone")), new LoggingOptions("json"));
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(1795233906000, json.GetProperty("ts").GetInt64());
        Assert.Equal("Pod default/web-0 failed", json.GetProperty("msg").GetString());
        Assert.Equal("default/web-0", json.GetProperty("Pod").GetString());
        Assert.Equal("gone", json.GetProperty("err").GetString());
        Assert.Equal("error", json.GetProperty("level").GetString());
    }

    [Fact]
    public void Write_ReaderIsStuck_DropsAndTellsInsteadOfWaiting()
    {
        using var output = new StuckStream();
        using var sink = new LogSink(output, capacity: 1000);
        sink.Write("first\n"u8);
        Assert.True(output.Entered.Wait(TimeSpan.FromSeconds(10)));
        for (var i = 0; i < 200; i++)
        {
            sink.Write("0123456789\n"u8);
        }

        Assert.Equal(110, sink.TotalDropped);
        Assert.False(sink.Flush(TimeSpan.FromMilliseconds(10)));
        output.Release.Set();
        Assert.True(sink.Flush(TimeSpan.FromSeconds(10)));
        var text = Encoding.UTF8.GetString(output.ToArray());
        Assert.Contains("110 log lines were dropped", text);
        Assert.Equal(90, text.Split("0123456789").Length - 1);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("8:x")]
    [InlineData("8:12345")]
    public void IsJournal_OtherStream_IsNot(string? journalStream) => Assert.False(DaemonLogging.IsJournal(journalStream, "/proc/self/exe"));

    [Fact]
    public void IsJournal_SameSocket_Is()
    {
        var directory = Directory.CreateTempSubdirectory("nodeagent-journal");
        var link = Path.Combine(directory.FullName, "2");
        File.CreateSymbolicLink(link, "socket:[777]");
        Assert.True(DaemonLogging.IsJournal("8:777", link));
        Assert.False(DaemonLogging.IsJournal("8:778", link));
        directory.Delete(recursive: true);
    }

    private sealed class StuckStream : MemoryStream
    {
        public ManualResetEventSlim Entered { get; } = new();

        public ManualResetEventSlim Release { get; } = new();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Entered.Set();
            Release.Wait();
            base.Write(buffer);
        }
    }
}
