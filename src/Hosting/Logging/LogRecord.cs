using System.Collections;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Logging;

/// <summary>One line to be, as the formatters see it.</summary>
internal readonly record struct LogRecord(
    DateTimeOffset Time,
    LogLevel Level,
    string Source,
    string Message,
    IReadOnlyList<KeyValuePair<string, object?>> Fields,
    string? Template,
    Exception? Exception,
    bool WithStack)
{
    public bool IsInMessage(string key)
    {
        if (Template is null)
        {
            return false;
        }

        var at = Template.IndexOf("{" + key, StringComparison.OrdinalIgnoreCase);
        return at >= 0 && at + key.Length + 1 < Template.Length && Template[at + key.Length + 1] is '}' or ':' or ',';
    }

    public static string TextOf(object? value) => value switch
    {
        null => "",
        string text => text,
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable many => string.Join(", ", many.Cast<object?>().Select(TextOf)),
        _ => value.ToString() ?? "",
    };
}
