using System.Collections;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Objects;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>The API's messages as the API's JSON.</summary>
public static class KubeJson
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true, IndentSize = 4 };

    /// <summary>The message as JSON; objects of the API begin with their apiVersion and kind.</summary>
    public static JsonObject ToNode(IMessage message)
    {
        var json = new JsonObject();
        if (message is IKubeObject value)
        {
            var type = ResourceTypes.Of(value);
            json["apiVersion"] = type.ApiVersion;
            json["kind"] = type.Kind;
        }

        WriteFields(json, message);
        return json;
    }

    public static string ToText(IMessage message, bool indented = false) => ToNode(message).ToJsonString(indented ? Indented : Compact);

    public static byte[] ToUtf8(IMessage message) => Encoding.UTF8.GetBytes(ToText(message));

    /// <summary>Several objects as the API's <c>List</c>, such as the kubelet's <c>/pods</c> answers.</summary>
    /// <param name="kind">Such as <c>PodList</c>.</param>
    public static JsonObject ToListNode(string apiVersion, string kind, IEnumerable<IKubeObject> items)
    {
        var list = new JsonArray();
        foreach (var item in items)
        {
            var json = new JsonObject();
            WriteFields(json, item);
            list.Add(json);
        }

        return new JsonObject { ["kind"] = kind, ["apiVersion"] = apiVersion, ["metadata"] = new JsonObject(), ["items"] = list };
    }

    /// <summary>Compact text, with only those characters escaped that JSON asks for.</summary>
    public static string ToText(JsonNode node) => node.ToJsonString(Compact);

    private static void WriteFields(JsonObject json, IMessage message)
    {
        foreach (var field in MessageFields.Of(message.Descriptor).All)
        {
            if (field.Holder(message) is { } holder && WriteField(holder, field.Field) is { IsPresent: true } written)
            {
                json[field.Name] = written.Node;
            }
        }
    }

    private static (bool IsPresent, JsonNode? Node) WriteField(IMessage holder, FieldDescriptor field)
    {
        if (field.IsMap)
        {
            var map = (IDictionary)field.Accessor.GetValue(holder);
            return (map.Count > 0, map.Count > 0 ? WriteMap(map) : null);
        }

        if (field.IsRepeated)
        {
            var list = (IList)field.Accessor.GetValue(holder);
            return (list.Count > 0, list.Count > 0 ? new JsonArray([.. list.Cast<object>().Select(WriteValue)]) : null);
        }

        if (!field.Accessor.HasValue(holder))
        {
            return default;
        }

        var value = field.Accessor.GetValue(holder);
        return value is not IMessage && IsZero(value) && !JsonZeroFields.Contains(field) ? default : (true, WriteValue(value));
    }

    private static JsonObject WriteMap(IDictionary map)
    {
        var json = new JsonObject();
        foreach (var key in map.Keys.Cast<string>().Order(StringComparer.Ordinal))
        {
            json[key] = WriteValue(map[key]!);
        }

        return json;
    }

    private static JsonNode? WriteValue(object value) => value switch
    {
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        int number => JsonValue.Create(number),
        long number => JsonValue.Create(number),
        ByteString bytes => JsonValue.Create(bytes.ToBase64()),
        Quantity quantity => JsonValue.Create(quantity.String.Length == 0 ? "0" : quantity.String),
        IntOrString { IsString: true } either => JsonValue.Create(either.StrVal),
        IntOrString either => JsonValue.Create(either.IntVal),
        Time time => time.IsZero ? null : JsonValue.Create(time.ToRfc3339()),
        MicroTime time => time.IsZero ? null : JsonValue.Create(time.ToRfc3339()),
        RawExtension raw => raw.Raw.IsEmpty ? null : JsonNode.Parse(raw.Raw.Span),
        IMessage message => WriteMessage(message),
        _ => throw new NotSupportedException($"the API's schemas have no fields of {value.GetType()}"),
    };

    private static JsonObject WriteMessage(IMessage message)
    {
        var json = new JsonObject();
        WriteFields(json, message);
        return json;
    }

    private static bool IsZero(object value) => value switch
    {
        string text => text.Length == 0,
        bool flag => !flag,
        int number => number == 0,
        long number => number == 0,
        ByteString bytes => bytes.IsEmpty,
        _ => false,
    };
}
