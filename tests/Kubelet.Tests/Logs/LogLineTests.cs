using System.Text;
using NodeAgent.Kubelet.Logs;

namespace NodeAgent.Kubelet.Tests.Logs;

public class LogLineTests
{
    [Theory]
    [InlineData("2026-11-21T05:00:00.5Z stdout F hello  world", true, false, "hello  world")]
    [InlineData("2026-11-21T05:00:00.5Z stderr P part", false, true, "part")]
    [InlineData("2026-11-21T05:00:00.5Z stdout F:other tags text", true, false, "tags text")]
    [InlineData("2026-11-21T05:00:00.5Z stdout F ", true, false, "")]
    [InlineData("2026-11-21T05:00:00.5Z stdout F", true, false, "")]
    [InlineData("{\"log\":\"say \\\"hi\\\"\\u003e\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-21T05:00:00.5Z\"}", true, false, "say \"hi\">")]
    [InlineData("{\"log\":\"part\",\"stream\":\"stderr\",\"attrs\":{\"a\":\"b\"},\"time\":\"2026-11-21T05:00:00.5Z\"}", false, true, "part")]
    public void TryParse_CriOrJsonFileLine_Parts(string line, bool isStdout, bool isPartial, string text)
    {
        Assert.True(LogLine.TryParse(Encoding.UTF8.GetBytes(line), out var parsed));
        Assert.Equal((isStdout, isPartial, text), (parsed.IsStdout, parsed.IsPartial, Encoding.UTF8.GetString(parsed.Text)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("{\"log\":\"hal")]
    [InlineData("{\"log\":\"no time\\n\"}")]
    [InlineData("2026-11-21T05:00:00Z both F x")]
    [InlineData("2026-11-21T05:00:00Z stdout X x")]
    [InlineData("2026-11-21T05:00:00Z stdout ")]
    [InlineData("2026 stdout F x")]
    [InlineData("2026-11-21 05:00:00Z stdout F x")]
    public void TryParse_AnythingElse_IsNoLine(string line) => Assert.False(LogLine.TryParse(Encoding.UTF8.GetBytes(line), out _));

    [Theory]
    [InlineData("2026-11-21T05:00:00.5Z", "2026-11-21T05:00:00.500000000Z")]
    [InlineData("2026-11-21T05:00:00Z", "2026-11-21T05:00:00.000000000Z")]
    [InlineData("2026-11-21T05:00:00.123456789+01:00", "2026-11-21T05:00:00.123456789+01:00")]
    [InlineData("2026-11-21T05:00:00-01:00", "2026-11-21T05:00:00.000000000-01:00")]
    public void WriteTime_AnyFraction_NineDigits(string time, string expected)
    {
        Assert.True(LogLine.TryParse(Encoding.UTF8.GetBytes(time + " stdout F x"), out var parsed));
        using var output = new MemoryStream();

        parsed.WriteTime(output);

        Assert.Equal(expected, Encoding.UTF8.GetString(output.ToArray()));
    }
}
