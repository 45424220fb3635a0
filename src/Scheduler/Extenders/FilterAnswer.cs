using System.Text.Json.Nodes;

namespace NodeAgent.Scheduler.Extenders;

/// <summary>What an extender said about nodes.</summary>
/// <param name="Nodes">The names of those that it lets through.</param>
/// <param name="Failed">By name why not; preemption may help.</param>
/// <param name="Unresolvable">By name why not; preemption does not help.</param>
internal sealed record FilterAnswer(IReadOnlyList<string> Nodes, IReadOnlyDictionary<string, string> Failed, IReadOnlyDictionary<string, string> Unresolvable)
{
    /// <exception cref="ExtenderException">The answer is an error.</exception>
    public static FilterAnswer Read(JsonNode? json, bool isNames)
    {
        if (ExtenderJson.Text(json, "Error") is { Length: > 0 } error)
        {
            throw new ExtenderException(error);
        }

        var names = isNames && ExtenderJson.Field(json, "NodeNames") is JsonArray list
            ? list.Select(n => n?.GetValue<string>() ?? "")
            : (ExtenderJson.Field(ExtenderJson.Field(json, "Nodes"), "Items") as JsonArray ?? []).Select(n => ExtenderJson.Text(ExtenderJson.Field(n, "metadata"), "name") ?? "");
        return new FilterAnswer([.. names], Reasons(json, "FailedNodes"), Reasons(json, "FailedAndUnresolvableNodes"));
    }

    private static Dictionary<string, string> Reasons(JsonNode? json, string field) =>
        (ExtenderJson.Field(json, field) as JsonObject ?? []).ToDictionary(f => f.Key, f => f.Value?.GetValue<string>() ?? "", StringComparer.Ordinal);
}
