using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Logging;

/// <summary>One JSON object per line, with the keys that upstream's <c>--logging-format=json</c> has: ts, caller, msg, v or err.</summary>
internal static class KlogJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void Append(ArrayBufferWriter<byte> line, in LogRecord record)
    {
        using (var json = new Utf8JsonWriter(line, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("ts", record.Time.ToUnixTimeMilliseconds());
            json.WriteString("caller", record.Source);
            json.WriteString("msg", record.Message);
            switch (record.Level)
            {
                case LogLevel.Trace:
                    json.WriteNumber("v", 6);
                    break;
                case LogLevel.Debug:
                    json.WriteNumber("v", 4);
                    break;
                case LogLevel.Information:
                    json.WriteNumber("v", 0);
                    break;
                default:
                    json.WriteString("level", record.Level.ToString().ToLowerInvariant());
                    break;
            }

            foreach (var (key, value) in record.Fields)
            {
                Write(json, key is "ts" or "caller" or "msg" or "v" or "err" or "level" or "stack" ? "_" + key : key, value);
            }

            if (record.Exception is { } exception)
            {
                json.WriteString("err", ExceptionText.Summary(exception));
                if (record.WithStack)
                {
                    json.WriteString("stack", exception.ToString());
                }
            }

            json.WriteEndObject();
        }

        line.Write("\n"u8);
    }

    private static void Write(Utf8JsonWriter json, string key, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNull(key);
                break;
            case bool b:
                json.WriteBoolean(key, b);
                break;
            case int or long or short or byte or uint:
                json.WriteNumber(key, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double d when double.IsFinite(d):
                json.WriteNumber(key, d);
                break;
            default:
                json.WriteString(key, LogRecord.TextOf(value));
                break;
        }
    }
}
