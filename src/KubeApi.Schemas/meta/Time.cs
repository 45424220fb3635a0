using System.Globalization;

namespace NodeAgent.KubeApi.Meta.V1;

public sealed partial class Time
{
    /// <summary>The API has no time at all for this value: it is null in JSON.</summary>
    public bool IsZero => Seconds == 0 && Nanos == 0;

    /// <summary>Cut to whole seconds: the API keeps no more, and a value that the server rounds looks like a change.</summary>
    public static Time From(DateTimeOffset value) => new() { Seconds = value.ToUnixTimeSeconds() };

    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.FromUnixTimeSeconds(Seconds).AddTicks(Nanos / 100);

    /// <summary>RFC 3339 in UTC with seconds, such as <c>2026-11-21T04:05:06Z</c>.</summary>
    public string ToRfc3339() => ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static bool TryParse(string text, out Time? value)
    {
        value = Rfc3339.TryParse(text, out var time) ? From(time) : null;
        return value is not null;
    }
}
