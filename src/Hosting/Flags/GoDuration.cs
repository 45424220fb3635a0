using System.Globalization;
using System.Text;

namespace NodeAgent.Hosting.Flags;

/// <summary>Durations as Go writes them: <c>1h15m30.5s</c>.</summary>
public static class GoDuration
{
    public const string Expected = "a duration such as 30s, 1m30s or 500ms is expected";

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var rest = text.AsSpan();
        var negative = rest.StartsWith("-");
        if (negative || rest.StartsWith("+"))
        {
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return true;
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        decimal ticks = 0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept("0123456789.");
            if (digits <= 0 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            rest = rest[digits..];
            var end = rest.IndexOfAny("0123456789.");
            var unit = end < 0 ? rest : rest[..end];
            var scale = Ticks(unit);
            if (scale == 0 || number > 9_000_000_000_000m)
            {
                return false;
            }

            rest = rest[unit.Length..];
            ticks += number * scale;
            // Go's durations are nanoseconds in an int64: 292 years.
            if (ticks > long.MaxValue / 100)
            {
                return false;
            }
        }

        duration = TimeSpan.FromTicks((long)(negative ? -ticks : ticks));
        return true;
    }

    /// <exception cref="FormatException">The text is no duration.</exception>
    public static TimeSpan Parse(string text) => TryParse(text, out var duration) ? duration : throw new FormatException(Expected);

    /// <summary>As Go's Duration.String: <c>1m30s</c>, <c>500ms</c>, <c>0s</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
        {
            return "0s";
        }

        var text = new StringBuilder(duration < TimeSpan.Zero ? "-" : "");
        var left = duration.Duration();
        if (left < TimeSpan.FromSeconds(1))
        {
            var (value, unit) = left.Ticks < TimeSpan.TicksPerMillisecond ? (left.Ticks / 10m, "µs") : (left.Ticks / 10_000m, "ms");
            return text.Append(CultureInfo.InvariantCulture, $"{value:0.#######}").Append(unit).ToString();
        }

        var hours = (long)left.TotalHours;
        if (hours > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{hours}h");
        }

        if (hours > 0 || left.Minutes > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{left.Minutes}m");
        }

        var seconds = left.Ticks % TimeSpan.TicksPerMinute / (decimal)TimeSpan.TicksPerSecond;
        return text.Append(CultureInfo.InvariantCulture, $"{seconds:0.#######}s").ToString();
    }

    private static decimal Ticks(ReadOnlySpan<char> unit) => unit switch
    {
        "h" => TimeSpan.TicksPerHour,
        "m" => TimeSpan.TicksPerMinute,
        "s" => TimeSpan.TicksPerSecond,
        "ms" => TimeSpan.TicksPerMillisecond,
        "us" or "µs" or "μs" => TimeSpan.TicksPerMicrosecond,
        "ns" => 0.01m,
        _ => 0,
    };
}
