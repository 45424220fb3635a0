using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace NodeAgent.Kubelet.Logs;

/// <summary>What of a container's log is asked for, as the API's pod log options say it.</summary>
internal sealed record PodLogOptions
{
    public bool Follow { get; init; }

    public bool Previous { get; init; }

    public bool Timestamps { get; init; }

    /// <summary>Lines before this time are left out.</summary>
    public DateTimeOffset? Since { get; init; }

    public long? TailLines { get; init; }

    public long? LimitBytes { get; init; }

    public bool Stdout { get; init; } = true;

    public bool Stderr { get; init; } = true;

    /// <summary>Reads the query of a request for logs.</summary>
    /// <exception cref="LogRequestException">A value cannot be read (400) or makes no sense (422).</exception>
    public static PodLogOptions Parse(IQueryCollection query, DateTimeOffset now)
    {
        var stream = Text(query, "stream") ?? "All";
        var tail = Text(query, "tail") is { } old ? (old == "all" ? null : old) : Text(query, "tailLines");
        var options = new PodLogOptions
        {
            Follow = Flag(query, "follow"),
            Previous = Flag(query, "previous"),
            Timestamps = Flag(query, "timestamps"),
            TailLines = Number(tail, "tailLines", 0),
            LimitBytes = Number(Text(query, "limitBytes"), "limitBytes", 1),
            Since = ParseSince(Number(Text(query, "sinceSeconds"), "sinceSeconds", 1), Text(query, "sinceTime"), now),
            Stdout = stream is "All" or "Stdout",
            Stderr = stream is "All" or "Stderr",
        };
        return options switch
        {
            { Stdout: false, Stderr: false } => throw new LogRequestException(422, $"stream \"{stream}\" is none of All, Stdout, Stderr"),
            { TailLines: not null } when stream != "All" => throw new LogRequestException(422, "tailLines and a single stream cannot be asked for together"),
            _ => options,
        };
    }

    private static DateTimeOffset? ParseSince(long? seconds, string? time, DateTimeOffset now)
    {
        if (seconds is not null && time is not null)
        {
            throw new LogRequestException(422, "at most one of sinceTime and sinceSeconds may be given");
        }

        if (seconds is { } ago)
        {
            return ago > (now - DateTimeOffset.UnixEpoch).TotalSeconds ? DateTimeOffset.UnixEpoch : now.AddSeconds(-ago);
        }

        return time is null ? null
            : DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since) ? since
            : throw new LogRequestException(400, $"sinceTime \"{time}\" is no RFC 3339 time");
    }

    private static bool Flag(IQueryCollection query, string name) => Text(query, name) switch
    {
        null or "0" or "f" or "F" or "false" or "False" or "FALSE" => false,
        _ => true,
    };

    private static long? Number(string? text, string name, long least) =>
        text is null ? null
        : !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? throw new LogRequestException(400, $"{name} \"{text}\" is no number")
        : number < least ? throw new LogRequestException(422, $"{name} must be at least {least}")
        : number;

    private static string? Text(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var values) && values[0] is { Length: > 0 } text ? text : null;
}
