using System.Globalization;
using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Testing;

/// <summary>Applies the three forms of patches to JSON objects, as far as the daemons send them.</summary>
internal static class PatchApplier
{
    public static JsonObject Apply(JsonObject target, PatchType type, JsonNode patch)
    {
        switch (type)
        {
            case PatchType.Json:
                foreach (var operation in patch.AsArray())
                {
                    ApplyOperation(target, operation!.AsObject());
                }

                break;
            default:
                Merge(target, patch.AsObject(), type == PatchType.StrategicMerge);
                break;
        }

        return target;
    }

    private static void Merge(JsonObject target, JsonObject patch, bool isStrategic)
    {
        foreach (var (name, value) in patch)
        {
            if (isStrategic && name.StartsWith('$'))
            {
                continue;
            }

            switch (target[name], value)
            {
                case (_, null):
                    target.Remove(name);
                    break;
                case (JsonObject inner, JsonObject change):
                    Merge(inner, change, isStrategic);
                    break;
                case (var old, JsonArray list) when isStrategic && MergeKey(name, list) is { } key:
                    target[name] = MergeList(old as JsonArray ?? [], list, key, patch["$setElementOrder/" + name] as JsonArray);
                    break;
                case (JsonArray old, JsonArray list) when isStrategic && name is "finalizers" or "podCIDRs":
                    foreach (var item in list.Where(i => !old.Any(o => JsonNode.DeepEquals(o, i))).ToArray())
                    {
                        old.Add(item!.DeepClone());
                    }

                    break;
                case (_, JsonObject change):
                    var made = new JsonObject();
                    Merge(made, change, isStrategic);
                    target[name] = made;
                    break;
                default:
                    target[name] = value.DeepClone();
                    break;
            }
        }

        ApplyDirectives(target, patch, isStrategic);
    }

    private static void ApplyDirectives(JsonObject target, JsonObject patch, bool isStrategic)
    {
        foreach (var (name, value) in patch.Where(_ => isStrategic))
        {
            if (name == "$retainKeys")
            {
                var kept = value!.AsArray().Select(k => (string)k!).ToHashSet();
                foreach (var field in target.Select(f => f.Key).Where(k => !kept.Contains(k)).ToArray())
                {
                    target.Remove(field);
                }
            }
            else if (name.StartsWith("$deleteFromPrimitiveList/", StringComparison.Ordinal) && target[name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..]] is JsonArray list)
            {
                foreach (var item in list.Where(i => value!.AsArray().Any(v => JsonNode.DeepEquals(v, i))).ToArray())
                {
                    list.Remove(item);
                }
            }
            else if (name.StartsWith("$setElementOrder/", StringComparison.Ordinal) && target[name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..]] is JsonArray ordered)
            {
                Reorder(ordered, value!.AsArray());
            }
        }
    }

    private static JsonArray MergeList(JsonArray old, JsonArray patch, string key, JsonArray? order)
    {
        var isReplaced = patch.Any(i => (string?)i!["$patch"] == "replace");
        var result = new JsonArray(isReplaced ? [] : [.. old.Select(i => i!.DeepClone())]);
        foreach (var item in patch.Select(i => i!.AsObject()).Where(i => (string?)i["$patch"] != "replace"))
        {
            var existing = isReplaced ? null : result.FirstOrDefault(r => JsonNode.DeepEquals(r![key], item[key]))?.AsObject();
            if ((string?)item["$patch"] == "delete")
            {
                result.Remove(existing);
            }
            else if (existing is not null)
            {
                Merge(existing, item, true);
            }
            else
            {
                var made = new JsonObject();
                Merge(made, item, true);
                result.Add(made);
            }
        }

        if (order is not null)
        {
            Reorder(result, order);
        }

        return result;
    }

    private static void Reorder(JsonArray list, JsonArray order)
    {
        if (order.Count == 0 || order[0] is not JsonObject)
        {
            return;
        }

        var key = order[0]!.AsObject().First().Key;
        var items = list.OrderBy(i => order.TakeWhile(o => !JsonNode.DeepEquals(o![key], i![key])).Count()).ToArray();
        list.Clear();
        foreach (var item in items)
        {
            list.Add(item);
        }
    }

    private static string? MergeKey(string name, JsonArray list)
    {
        var key = name switch
        {
            "conditions" or "addresses" => "type",
            "podIPs" or "hostIPs" => "ip",
            "ownerReferences" or "reservedFor" => "uid",
            "volumes" or "initContainers" or "containers" or "ephemeralContainers" or "resourceClaimStatuses" or "drivers" or "env" => "name",
            _ => null,
        };
        return list.All(i => i is JsonObject item && (item.ContainsKey(key ?? "") || item.ContainsKey("$patch"))) ? key : null;
    }

    private static void ApplyOperation(JsonNode root, JsonObject operation)
    {
        var path = ((string)operation["path"]!).Split('/').Skip(1).Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
        var parent = path[..^1].Aggregate(root, (node, name) => node is JsonArray list ? list[int.Parse(name, CultureInfo.InvariantCulture)]! : node[name] ?? throw Invalid(operation));
        var last = path[^1];
        switch ((string)operation["op"]!)
        {
            case "test":
                var found = parent is JsonArray items ? items[int.Parse(last, CultureInfo.InvariantCulture)] : parent[last];
                if (!JsonNode.DeepEquals(found, operation["value"]))
                {
                    throw Invalid(operation);
                }

                break;
            case "remove" when parent is JsonArray list:
                list.RemoveAt(int.Parse(last, CultureInfo.InvariantCulture));
                break;
            case "remove":
                _ = parent.AsObject().Remove(last) ? true : throw Invalid(operation);
                break;
            case "add" when parent is JsonArray list:
                list.Insert(last == "-" ? list.Count : int.Parse(last, CultureInfo.InvariantCulture), operation["value"]?.DeepClone());
                break;
            default:
                parent[last] = operation["value"]?.DeepClone();
                break;
        }
    }

    private static KubeApiException Invalid(JsonObject operation) =>
        new("patch", System.Net.HttpStatusCode.UnprocessableEntity, "Invalid", $"the operation {operation.ToJsonString()} does not apply");
}
