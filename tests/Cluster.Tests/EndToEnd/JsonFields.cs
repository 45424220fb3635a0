using System.Text.RegularExpressions;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace NodeAgent.Cluster.Tests.EndToEnd;

/// <summary>Fields of an object by paths as kubectl's jsonpath has them, printed as it prints them.</summary>
internal static partial class JsonFields
{
    /// <param name="path">Such as <c>.status.phase</c>, or several with text between: <c>.status.reason} {.status.message</c>.</param>
    public static string Read(string json, string path) => Read(Parse(json), path);

    /// <summary>The same of each item of a list.</summary>
    public static IReadOnlyList<string> ReadItems(string? list, string path) =>
        list is null ? [] : [.. Parse(list)["items"]!.Select(item => Read(item, path))];

    private static string Read(JToken root, string path) =>
        Expression().Replace("{" + path + "}", m => string.Join(' ', root.SelectTokens(ToJsonPath(m.Groups[1].Value)).Select(Print))).Trim();

    private static JToken Parse(string json)
    {
        // Times stay as they are written.
        using var reader = new JsonTextReader(new StringReader(json)) { DateParseHandling = DateParseHandling.None };
        return JToken.ReadFrom(reader);
    }

    private static string ToJsonPath(string path) =>
        "$" + EscapedName().Replace(path, m => $"['{m.Groups[1].Value.Replace("\\.", ".", StringComparison.Ordinal)}']").Replace('"', '\'');

    private static string Print(JToken value) => value.Type switch
    {
        JTokenType.Boolean or JTokenType.Array or JTokenType.Object => value.ToString(Formatting.None),
        _ => value.ToString(),
    };

    [GeneratedRegex(@"\{([^}]*)\}")]
    private static partial Regex Expression();

    /// <summary>A name with an escaped dot in it.</summary>
    [GeneratedRegex(@"\.((?:[^.\[\\]|\\\.)*\\\.(?:[^.\[\\]|\\\.)*)")]
    private static partial Regex EscapedName();
}
