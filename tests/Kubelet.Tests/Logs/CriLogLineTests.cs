using System.Text;
using NodeAgent.Kubelet.Logs;

namespace NodeAgent.Kubelet.Tests.Logs;

public class CriLogLineTests
{
    [Theory]
    [InlineData("2026-11-21T05:00:00.5Z stdout F hello  world", true, false, "hello  world")]
    [InlineData("2026-11-21T05:00:00.5Z stderr P part", false, true, "part")]
    [InlineData("2026-11-21T05:00:00.5Z stdout F:other tags text", true, false, "tags text")]
    [InlineData("2026-11-21T05:00:00.5Z stdout F ", true, false, "")]
    [InlineData("2026-11-21T05:00:00.5Z stdout F", true, false, "")]
    public void TryParse_CriLine_Parts(string line, bool isStdout, bool isPartial, string text)
    {
        Assert.True(CriLogLine.TryParse(Encoding.UTF8.GetBytes(line), out var parsed));
        Assert.Equal((isStdout, isPartial, text), (parsed.IsStdout, parsed.IsPartial, Encoding.UTF8.GetString(parsed.Text)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("2026-11-21T05:00:00Z both F x")]
    [InlineData("2026-11-21T05:00:00Z stdout X x")]
    [InlineData("2026-11-21T05:00:00Z stdout ")]
    [InlineData("2026 stdout F x")]
    [InlineData("2026-11-21 05:00:00Z stdout F x")]
    public void TryParse_AnythingElse_IsNoLine(string line) => Assert.False(CriLogLine.TryParse(Encoding.UTF8.GetBytes(line), out _));

    [Theory]
    [InlineData("2026-11-21T05:00:00.5Z", "2026-11-21T05:00:00.500000000Z")]
    [InlineData("2026-11-21T05:00:00Z", "2026-11-21T05:00:00.000000000Z")]
    [InlineData("2026-11-21T05:00:00.123456789+01:00", "2026-11-21T05:00:00.123456789+01:00")]
    [InlineData("2026-11-21T05:00:00-01:00", "2026-11-21T05:00:00.000000000-01:00")]
    public void WriteTime_AnyFraction_NineDigits(string time, string expected)
    {
        Assert.True(CriLogLine.TryParse(Encoding.UTF8.GetBytes(time + " stdout F x"), out var parsed));
        using var output = new MemoryStream();

        parsed.WriteTime(output);

        Assert.Equal(expected, Encoding.UTF8.GetString(output.ToArray()));
    }
}
