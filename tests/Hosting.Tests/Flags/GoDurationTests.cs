using NodeAgent.Hosting.Flags;

namespace NodeAgent.Hosting.Tests.Flags;

public class GoDurationTests
{
    [Theory]
    [InlineData("0", 0, "0s")]
    [InlineData("0s", 0, "0s")]
    [InlineData("30s", 30_000, "30s")]
    [InlineData("1m30s", 90_000, "1m30s")]
    [InlineData("1h", 3_600_000, "1h0m0s")]
    [InlineData("1.5h", 5_400_000, "1h30m0s")]
    [InlineData("500ms", 500, "500ms")]
    [InlineData("1s500ms", 1500, "1.5s")]
    [InlineData("-2m", -120_000, "-2m0s")]
    [InlineData("+5s", 5000, "5s")]
    [InlineData("250us", 0.25, "250µs")]
    [InlineData("250µs", 0.25, "250µs")]
    [InlineData("1000000ns", 1, "1ms")]
    [InlineData(".5s", 500, "500ms")]
    public void Parse_AsGoWritesIt(string text, double milliseconds, string formatted)
    {
        var duration = GoDuration.Parse(text);
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
        Assert.Equal(formatted, GoDuration.Format(duration));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("5 s")]
    [InlineData("1d")]
    [InlineData("1.2.3s")]
    [InlineData("-")]
    [InlineData("9999999h")]
    public void Parse_Bad_IsRefused(string text) => Assert.Throws<FormatException>(() => GoDuration.Parse(text));
}
