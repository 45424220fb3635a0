using System.Text;
using System.Text.Json;

namespace NodeAgent.Kubelet.Containers;

/// <summary>Hooks and ports as they stand in container annotations: the API's JSON, read back for pods whose spec is gone.</summary>
internal static class LifecycleJson
{
    public static string Write(LifecycleHandler handler) => WriteText(writer => WriteHandler(writer, handler));

    public static string Write(IEnumerable<ContainerPort> ports) => WriteText(writer =>
    {
        writer.WriteStartArray();
        foreach (var port in ports)
        {
            writer.WriteStartObject();
            WriteIfSet(writer, "name", port.Name);
            if (port.HostPort != 0)
            {
                writer.WriteNumber("hostPort", port.HostPort);
            }

            writer.WriteNumber("containerPort", port.ContainerPort_);
            WriteIfSet(writer, "protocol", port.Protocol);
            WriteIfSet(writer, "hostIP", port.HostIP);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    /// <returns>The hook, or null when the text is none.</returns>
    public static LifecycleHandler? Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return ReadHandler(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static LifecycleHandler? ReadHandler(JsonElement root)
    {
        if (root.TryGetProperty("exec", out var exec))
        {
            return new LifecycleHandler { Exec = new ExecAction { Command = { exec.GetProperty("command").EnumerateArray().Select(c => c.GetString() ?? "") } } };
        }

        if (root.TryGetProperty("sleep", out var sleep))
        {
            return new LifecycleHandler { Sleep = new SleepAction { Seconds = sleep.GetProperty("seconds").GetInt64() } };
        }

        if (!root.TryGetProperty("httpGet", out var http))
        {
            return null;
        }

        var port = http.GetProperty("port");
        var action = new HTTPGetAction
        {
            Path = Text(http, "path"),
            Host = Text(http, "host"),
            Scheme = Text(http, "scheme"),
            Port = port.ValueKind == JsonValueKind.Number
                ? new KubeApi.Meta.IntOrString { Type = 0, IntVal = port.GetInt32() }
                : new KubeApi.Meta.IntOrString { Type = 1, StrVal = port.GetString() },
        };
        if (http.TryGetProperty("httpHeaders", out var headers))
        {
            action.HttpHeaders.AddRange(headers.EnumerateArray().Select(h => new HTTPHeader { Name = Text(h, "name"), Value = Text(h, "value") }));
        }

        return new LifecycleHandler { HttpGet = action };
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static void WriteHandler(Utf8JsonWriter writer, LifecycleHandler handler)
    {
        writer.WriteStartObject();
        if (handler.Exec is { } exec)
        {
            writer.WriteStartObject("exec");
            writer.WriteStartArray("command");
            foreach (var part in exec.Command)
            {
                writer.WriteStringValue(part);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        else if (handler.HttpGet is { } http)
        {
            WriteHttp(writer, http);
        }
        else if (handler.Sleep is { } sleep)
        {
            writer.WriteStartObject("sleep");
            writer.WriteNumber("seconds", sleep.Seconds);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteHttp(Utf8JsonWriter writer, HTTPGetAction http)
    {
        writer.WriteStartObject("httpGet");
        WriteIfSet(writer, "path", http.Path);
        if (http.Port.Type == 0)
        {
            writer.WriteNumber("port", http.Port.IntVal);
        }
        else
        {
            writer.WriteString("port", http.Port.StrVal);
        }

        WriteIfSet(writer, "host", http.Host);
        WriteIfSet(writer, "scheme", http.Scheme);
        if (http.HttpHeaders.Count > 0)
        {
            writer.WriteStartArray("httpHeaders");
            foreach (var header in http.HttpHeaders)
            {
                writer.WriteStartObject();
                writer.WriteString("name", header.Name);
                writer.WriteString("value", header.Value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteIfSet(Utf8JsonWriter writer, string name, string value)
    {
        if (value.Length > 0)
        {
            writer.WriteString(name, value);
        }
    }

    private static string WriteText(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
