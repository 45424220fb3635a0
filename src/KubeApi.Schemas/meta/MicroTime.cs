using System.Globalization;

namespace NodeAgent.KubeApi.Meta.V1;

public sealed partial class MicroTime
{
    private const int NanosPerMicrosecond = 1000;

    /// <summary>The API has no time at all for this value: it is null in JSON.</summary>
    public bool IsZero => Seconds == 0 && Nanos == 0;

    /// <summary>Cut to whole microseconds.</summary>
    public static MicroTime From(DateTimeOffset value)
    {
        var seconds = value.ToUnixTimeSeconds();
        var ticks = value.UtcTicks - DateTimeOffset.FromUnixTimeSeconds(seconds).UtcTicks;
        return new MicroTime { Seconds = seconds, Nanos = (int)(ticks / TimeSpan.TicksPerMicrosecond) * NanosPerMicrosecond };
    }

    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.FromUnixTimeSeconds(Seconds).AddTicks(Nanos / 100);

    /// <summary>RFC 3339 in UTC with microseconds, such as <c>2026-11-21T04:05:06.000007Z</c>.</summary>
    public string ToRfc3339() => ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    public static bool TryParse(string text, out MicroTime? value)
    {
        value = Rfc3339.TryParse(text, out var time) ? From(time) : null;
        return value is not null;
    }
}
