using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>Kubernetes' own patches: a JSON object with what changed, in which lists with a key are merged item by item.</summary>
/// <remarks>
/// Such a patch touches nothing that both sides agree on, so two writers that own different fields or conditions do not undo
/// each other's work.
/// </remarks>
public static class StrategicMergePatch
{
    internal const string Directive = "$patch";
    internal const string RetainKeysDirective = "$retainKeys";
    internal const string OrderPrefix = "$setElementOrder/";
    internal const string DeletePrimitivesPrefix = "$deleteFromPrimitiveList/";

    /// <summary>
    /// From what the server has to what it should have. Carries the UID, so that the server refuses (409) when another object of
    /// that name has taken the place.
    /// </summary>
    /// <returns>Null when nothing changes.</returns>
    public static byte[]? Create(IKubeObject before, IKubeObject after) => WithUid(Diff(KubeJson.ToNode(before), KubeJson.ToNode(after), after.Descriptor), before);

    /// <summary>As <see cref="Create"/>, of the status alone.</summary>
    public static byte[]? CreateForStatus(IKubeObject before, IKubeObject after)
    {
        var field = after.Descriptor.FindFieldByName("status") ?? throw new ArgumentException($"{after.Descriptor.Name} has no status", nameof(after));
        var patch = Diff(Status(before), Status(after), field.MessageType);
        return WithUid(patch.Count == 0 ? [] : new JsonObject { ["status"] = patch }, before);

        static JsonObject Status(IKubeObject value) => KubeJson.ToNode(value)["status"]?.DeepClone().AsObject() ?? [];
    }

    private static byte[]? WithUid(JsonObject patch, IKubeObject before)
    {
        if (patch.Count == 0)
        {
            return null;
        }

        if (before.Metadata is { Uid.Length: > 0 } metadata)
        {
            var target = patch["metadata"] as JsonObject;
            if (target is null)
            {
                patch["metadata"] = target = [];
            }

            target["uid"] = metadata.Uid;
        }

        return Encoding.UTF8.GetBytes(KubeJson.ToText(patch));
    }

    private static JsonObject Diff(JsonObject before, JsonObject after, MessageDescriptor? type)
    {
        var patch = new JsonObject();
        foreach (var (name, value) in after)
        {
            var field = type is null ? null : MessageFields.Of(type).Find(name)?.Field;
            DiffField(patch, name, before[name], value, field);
        }

        foreach (var (name, value) in before)
        {
            if (value is not null && !after.ContainsKey(name))
            {
                patch[name] = null;
            }
        }

        return patch;
    }

    private static void DiffField(JsonObject patch, string name, JsonNode? before, JsonNode? after, FieldDescriptor? field)
    {
        if (JsonNode.DeepEquals(before, after))
        {
            return;
        }

        var isMessage = field is { FieldType: FieldType.Message, IsMap: false } && !MessageFields.IsValue(field.MessageType);
        switch (before, after)
        {
            case (JsonObject old, JsonObject current) when field is not { FieldType: FieldType.Message, IsMap: false, IsRepeated: false } || isMessage:
                var inner = Diff(old, current, isMessage ? field!.MessageType : null);
                if (inner.Count > 0)
                {
                    patch[name] = inner;
                }

                break;
            case (JsonArray old, JsonArray current) when ListMerge.Of(field) is { } merge:
                DiffList(patch, name, old, current, merge, field!);
                break;
            default:
                patch[name] = after?.DeepClone();
                break;
        }
    }

    private static void DiffList(JsonObject patch, string name, JsonArray before, JsonArray after, ListMerge merge, FieldDescriptor field)
    {
        if (merge.Key is null)
        {
            DiffPrimitives(patch, name, before, after);
            return;
        }

        var (old, current) = (Keyed(before, merge.Key), Keyed(after, merge.Key));
        if (old is null || current is null)
        {
            // Two items of one key, as a node's addresses may have: only the whole list says what is meant.
            patch[name] = new JsonArray([new JsonObject { [Directive] = "replace" }, .. after.Select(i => i!.DeepClone())]);
            return;
        }

        var items = new JsonArray();
        foreach (var (key, item) in current)
        {
            if (!old.TryGetValue(key, out var oldItem))
            {
                items.Add(item.DeepClone());
                continue;
            }

            var change = Diff(oldItem, item, field.MessageType);
            if (change.Count > 0)
            {
                change[merge.Key] = item[merge.Key]!.DeepClone();
                if (merge.RetainKeys)
                {
                    change[RetainKeysDirective] = new JsonArray([.. item.Select(f => JsonValue.Create(f.Key))]);
                }

                items.Add(change);
            }
        }

        foreach (var (key, item) in old.Where(o => !current.ContainsKey(o.Key)))
        {
            items.Add(new JsonObject { [Directive] = "delete", [merge.Key] = item[merge.Key]!.DeepClone() });
        }

        if (items.Count > 0)
        {
            patch[name] = items;
        }

        var natural = old.Keys.Where(current.ContainsKey).Concat(current.Keys.Where(k => !old.ContainsKey(k)));
        if (!natural.SequenceEqual(current.Keys))
        {
            patch[OrderPrefix + name] = new JsonArray([.. current.Values.Select(i => new JsonObject { [merge.Key] = i[merge.Key]!.DeepClone() })]);
        }
    }

    private static void DiffPrimitives(JsonObject patch, string name, JsonArray before, JsonArray after)
    {
        var added = after.Where(a => !before.Any(b => JsonNode.DeepEquals(a, b))).ToArray();
        var removed = before.Where(b => !after.Any(a => JsonNode.DeepEquals(a, b))).ToArray();
        if (added.Length > 0)
        {
            patch[name] = new JsonArray([.. added.Select(a => a!.DeepClone())]);
        }

        if (removed.Length > 0)
        {
            patch[DeletePrimitivesPrefix + name] = new JsonArray([.. removed.Select(r => r!.DeepClone())]);
        }
    }

    /// <returns>The items by key in their order; null when a key is missing or comes twice.</returns>
    private static OrderedDictionary<string, JsonObject>? Keyed(JsonArray list, string key)
    {
        var items = new OrderedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var item in list)
        {
            if (item is not JsonObject json || json[key] is not { } value || !items.TryAdd(value.ToJsonString(), json))
            {
                return null;
            }
        }

        return items;
    }
}
