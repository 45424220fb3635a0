using System.Text.Json;
using System.Text.Json.Nodes;

namespace NodeAgent.ContainerRuntime.Docker.Network;

/// <summary>A CNI network: the plugins that are run one after the other (CNI 0.3.1 to 1.1.0).</summary>
/// <param name="Json">The config list as it was read; a single config has been made one.</param>
internal sealed record CniConfig(string Name, string CniVersion, IReadOnlyList<JsonObject> Plugins, string Json)
{
    private static readonly string[] Extensions = [".conf", ".conflist", ".json"];

    /// <summary>Reads the first valid config of a folder, in the order of the file names, as all runtimes do.</summary>
    /// <param name="directory">The folder; one that is not there counts as empty.</param>
    /// <param name="problems">What is wrong with the files that were passed over.</param>
    /// <returns>Null when there is no valid config.</returns>
    public static CniConfig? Load(string directory, ICollection<string> problems)
    {
        if (!Directory.Exists(directory))
        {
            return null;
        }

        foreach (var file in Directory.EnumerateFiles(directory).Where(f => Extensions.Contains(Path.GetExtension(f))).Order(StringComparer.Ordinal))
        {
            try
            {
                return Parse(File.ReadAllText(file));
            }
            catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or IOException or UnauthorizedAccessException)
            {
                problems.Add($"{file}: {e.Message}");
            }
        }

        return null;
    }

    /// <exception cref="FormatException">A field is missing or of the wrong kind.</exception>
    public static CniConfig Parse(string json)
    {
        var root = JsonNode.Parse(json) as JsonObject ?? throw new FormatException("it is not a JSON object");
        if (!root.ContainsKey("plugins"))
        {
            var list = new JsonObject
            {
                ["cniVersion"] = root["cniVersion"]?.DeepClone(),
                ["name"] = root["name"]?.DeepClone(),
                ["plugins"] = new JsonArray(root.DeepClone()),
            };
            root = list;
        }

        var name = Text(root, "name") is { Length: > 0 } n ? n : throw new FormatException("the network has no \"name\"");
        var version = Text(root, "cniVersion") is { Length: > 0 } v ? v : "0.3.1";
        var plugins = (root["plugins"] as JsonArray ?? throw new FormatException("\"plugins\" is not a list")).Select((p, i) =>
            p is JsonObject plugin && Text(plugin, "type").Length > 0 ? plugin : throw new FormatException($"plugins[{i}] has no \"type\"")).ToArray();
        return plugins.Length > 0
            ? new CniConfig(name, version, plugins, root.ToJsonString())
            : throw new FormatException("\"plugins\" is empty");
    }

    /// <summary>What one plugin of the list reads from its stdin.</summary>
    /// <param name="plugin">The plugin as the config has it.</param>
    /// <param name="capabilityArguments">Arguments by capability; a plugin gets those that it declares.</param>
    /// <param name="previousResult">The result of the plugin before it, or of the whole network when it is checked or deleted.</param>
    public JsonObject Input(JsonObject plugin, JsonObject capabilityArguments, JsonNode? previousResult)
    {
        var input = plugin.DeepClone().AsObject();
        input["name"] = Name;
        input["cniVersion"] = CniVersion;
        input.Remove("capabilities");
        var arguments = new JsonObject();
        foreach (var (capability, wanted) in plugin["capabilities"] as JsonObject ?? [])
        {
            if (wanted?.GetValueKind() == JsonValueKind.True && capabilityArguments[capability] is { } value)
            {
                arguments[capability] = value.DeepClone();
            }
        }

        if (arguments.Count > 0)
        {
            input["runtimeConfig"] = arguments;
        }

        if (previousResult is not null)
        {
            input["prevResult"] = previousResult.DeepClone();
        }

        return input;
    }

    /// <summary>The addresses of a result, in the plugin's order; in a sandbox the first one is the pod's.</summary>
    public static IReadOnlyList<string> Addresses(JsonNode? result) =>
    [
        .. (result?["ips"] as JsonArray ?? []).Select(ip => ip?["address"]?.GetValue<string>().Split('/')[0] ?? "").Where(ip => ip.Length > 0),
    ];

    public static string Text(JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
