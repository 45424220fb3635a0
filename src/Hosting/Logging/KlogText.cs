using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Logging;

/// <summary>Lines in klog's form: <c>I1121 04:05:06.000000    1234 PodWorker] "Pod started" pod="default/web-0"</c>.</summary>
internal static class KlogText
{
    public static void Append(StringBuilder line, in LogRecord record, int processId, bool journalPriority)
    {
        if (journalPriority)
        {
            line.Append('<').Append(Priority(record.Level)).Append('>');
        }

        line.Append(Letter(record.Level));
        line.Append(record.Time.UtcDateTime.ToString("MMdd HH:mm:ss.ffffff", CultureInfo.InvariantCulture));
        line.Append(' ').Append(CultureInfo.InvariantCulture, $"{processId,7}").Append(' ').Append(record.Source).Append("] ");
        AppendQuoted(line, record.Message);
        foreach (var (key, value) in record.Fields)
        {
            // A value that the template names is in the message already.
            if (!record.IsInMessage(key))
            {
                line.Append(' ').Append(key).Append('=');
                AppendValue(line, value);
            }
        }

        if (record.Exception is { } exception)
        {
            line.Append(" err=");
            AppendQuoted(line, ExceptionText.Summary(exception));
        }

        line.Append('\n');
        if (record.Exception is { } traced && record.WithStack)
        {
            line.Append(traced.ToString().TrimEnd()).Append('\n');
        }
    }

    /// <summary>The syslog priority that journald reads from the start of a line.</summary>
    internal static int Priority(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };

    private static char Letter(LogLevel level) => level switch
    {
        LogLevel.Critical => 'F',
        LogLevel.Error => 'E',
        LogLevel.Warning => 'W',
        _ => 'I',
    };

    private static void AppendValue(StringBuilder line, object? value)
    {
        switch (value)
        {
            case null:
                line.Append("<nil>");
                break;
            case bool b:
                line.Append(b ? "true" : "false");
                break;
            case int or long or uint or ulong or short or byte or double or float or decimal:
                line.Append(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            default:
                AppendQuoted(line, LogRecord.TextOf(value));
                break;
        }
    }

    private static void AppendQuoted(StringBuilder line, string text)
    {
        line.Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"':
                    line.Append("\\\"");
                    break;
                case '\\':
                    line.Append("\\\\");
                    break;
                case '\n':
                    line.Append("\\n");
                    break;
                case '\r':
                    line.Append("\\r");
                    break;
                case '\t':
                    line.Append("\\t");
                    break;
                default:
                    if (char.IsControl(c))
                    {
                        line.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
                    }
                    else
                    {
                        line.Append(c);
                    }

                    break;
            }
        }

        line.Append('"');
    }
}
