using System.Globalization;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>Docker's times (RFC 3339 with up to nine decimals) as CRI's nanoseconds since 1970.</summary>
internal static class DockerTime
{
    /// <returns>0 for Docker's zero time (year 1) and for no time.</returns>
    public static long ToNanoseconds(string text)
    {
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) || time.Year <= 1)
        {
            return 0;
        }

        // DateTimeOffset holds 100 ns; the last two decimals are read from the text.
        var ns = (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerSecond * 1_000_000_000;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
        {
            return ns;
        }

        var scale = 100_000_000L;
        for (var i = dot + 1; i < text.Length && char.IsAsciiDigit(text[i]) && scale > 0; i++, scale /= 10)
        {
            ns += (text[i] - '0') * scale;
        }

        return ns;
    }

    public static long Nanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * 100;
}
