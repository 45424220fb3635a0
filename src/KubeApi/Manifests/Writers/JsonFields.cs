using System.Text.Json.Nodes;
using Google.Protobuf.Collections;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi.Manifests.Writers;

/// <summary>A JSON object under construction, by the API's rules: what is empty is left out unless the field is always written.</summary>
internal readonly struct JsonFields
{
    public JsonFields()
    {
    }

    public JsonObject Json { get; } = [];

    public JsonFields Text(string name, string value)
    {
        if (value.Length > 0)
        {
            Json[name] = value;
        }

        return this;
    }

    public JsonFields Number(string name, long value)
    {
        if (value != 0)
        {
            Json[name] = value;
        }

        return this;
    }

    public JsonFields Flag(string name, bool value)
    {
        if (value)
        {
            Json[name] = true;
        }

        return this;
    }

    /// <summary>A field that is written whenever it was set, zero or empty though it may be.</summary>
    public JsonFields Always(string name, bool isSet, JsonValue value)
    {
        if (isSet)
        {
            Json[name] = value;
        }

        return this;
    }

    public JsonFields Instant(string name, Time? value)
    {
        if (value is not null)
        {
            Json[name] = value.IsZero ? null : value.ToRfc3339();
        }

        return this;
    }

    public JsonFields Port(string name, IntOrString? value)
    {
        if (value is not null)
        {
            Json[name] = value.IsString ? value.StrVal : value.IntVal;
        }

        return this;
    }

    public JsonFields Object<T>(string name, T? value, Func<T, JsonObject> write)
        where T : class
    {
        if (value is not null)
        {
            Json[name] = write(value);
        }

        return this;
    }

    public JsonFields List<T>(string name, RepeatedField<T> values, Func<T, JsonNode> write)
    {
        if (values.Count > 0)
        {
            var list = new JsonArray();
            foreach (var value in values)
            {
                list.Add(write(value));
            }

            Json[name] = list;
        }

        return this;
    }

    public JsonFields Texts(string name, RepeatedField<string> values) => List(name, values, value => JsonValue.Create(value));

    public JsonFields Quantities(string name, MapField<string, Quantity> values)
    {
        if (values.Count > 0)
        {
            var map = new JsonObject();
            foreach (var (key, quantity) in values.OrderBy(v => v.Key, StringComparer.Ordinal))
            {
                map[key] = quantity.String.Length == 0 ? "0" : quantity.String;
            }

            Json[name] = map;
        }

        return this;
    }
}
