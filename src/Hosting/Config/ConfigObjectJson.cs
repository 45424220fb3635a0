using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using NodeAgent.Hosting.Flags;

namespace NodeAgent.Hosting.Config;

/// <summary>Writes a config object as JSON with the names and forms that its file has, as /configz shows it.</summary>
public static class ConfigObjectJson
{
    public static string Write(object config)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            WriteValue(json, config);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int or long:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case TimeSpan duration:
                json.WriteStringValue(GoDuration.Format(duration));
                break;
            case ConfigIntOrString { Number: { } number }:
                json.WriteNumberValue(number);
                break;
            case Enum or ConfigQuantity or ConfigIntOrString:
                json.WriteStringValue(value.ToString());
                break;
            case RawConfig raw:
                json.WriteRawValue(raw.ToJson());
                break;
            case IDictionary map:
                WriteMap(json, map);
                break;
            case IEnumerable list:
                json.WriteStartArray();
                foreach (var item in list)
                {
                    WriteValue(json, item);
                }

                json.WriteEndArray();
                break;
            default:
                WriteFields(json, value);
                break;
        }
    }

    private static void WriteMap(Utf8JsonWriter json, IDictionary map)
    {
        json.WriteStartObject();
        foreach (DictionaryEntry entry in map)
        {
            json.WritePropertyName((string)entry.Key);
            WriteValue(json, entry.Value);
        }

        json.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter json, object value)
    {
        json.WriteStartObject();
        foreach (var (name, property) in ConfigType.Of(value.GetType()).Fields)
        {
            if (property.GetValue(value) is { } field)
            {
                json.WritePropertyName(name);
                WriteValue(json, field);
            }
        }

        json.WriteEndObject();
    }
}
