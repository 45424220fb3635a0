using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Logging;

/// <param name="Format"><c>text</c> or <c>json</c>.</param>
/// <param name="Verbosity">As upstream's <c>-v</c>: from 4 on debug lines are written, from 6 on trace lines.</param>
public sealed record LoggingOptions(string Format = "text", int Verbosity = 0)
{
    public const string TextFormat = "text";

    public const string JsonFormat = "json";

    public static LogLevel LevelOf(int verbosity) => verbosity switch
    {
        >= 6 => LogLevel.Trace,
        >= 4 => LogLevel.Debug,
        _ => LogLevel.Information,
    };
}
