using System.Text;
using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Manifests.Writers;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>
/// The strategic merge patch that turns one status into another. Carries no more than what changed and is the kubelet's: a status
/// is composed from what others had written until then, and would take back what they wrote since. Carries the UID too, so that a
/// new pod of the same name is never written to.
/// </summary>
internal static class StatusPatch
{
    private const string Conditions = "conditions";
    private static readonly string[] MergedByIP = ["podIPs", "hostIPs"];

    /// <summary>Written by the scheduler and by controllers.</summary>
    private static readonly string[] Foreign = ["nominatedNodeName", "resourceClaimStatuses", "nodeAllocatableResourceClaimStatuses", "extendedResourceClaimStatus"];

    /// <returns>Null when there is nothing to change.</returns>
    public static byte[]? Between(string uid, PodStatus before, PodStatus after)
    {
        if (before.Equals(after))
        {
            return null;
        }

        var (old, wanted) = (PodStatusJson.ToNode(before), PodStatusJson.ToNode(after));
        var changes = new JsonObject();
        foreach (var (name, value) in wanted.ToList())
        {
            if (IsOwn(name) && !JsonNode.DeepEquals(value, old[name]))
            {
                changes[name] = MergedByIP.Contains(name) && old[name] is JsonArray { Count: > 0 } ? Replacing(value!.AsArray()) : value?.DeepClone();
            }
        }

        foreach (var (name, _) in old.Where(f => IsOwn(f.Key) && wanted[f.Key] is null).ToList())
        {
            changes[name] = null;
        }

        var conditions = ConditionChanges(before, after);
        if (conditions.Count > 0)
        {
            changes[Conditions] = conditions;
        }

        if (changes.Count == 0)
        {
            return null;
        }

        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = uid }, ["status"] = changes };
        return Encoding.UTF8.GetBytes(KubeJson.ToText(patch));
    }

    private static bool IsOwn(string field) => field != Conditions && !Foreign.Contains(field);

    private static JsonArray ConditionChanges(PodStatus before, PodStatus after)
    {
        var old = before.Conditions.GroupBy(c => c.Type).ToDictionary(g => g.Key, g => g.First());
        var changes = new JsonArray();
        foreach (var condition in after.Conditions.Where(c => !ForeignConditions.IsForeign(c)))
        {
            if (!old.TryGetValue(condition.Type, out var known) || !Same(known, condition))
            {
                var node = PodStatusJson.ToNode(condition);
                foreach (var gone in (string[])["reason", "message"])
                {
                    if (node[gone] is null && known is not null && PodStatusJson.ToNode(known)[gone] is not null)
                    {
                        node[gone] = null;
                    }
                }

                changes.Add((JsonNode)node);
            }
        }

        foreach (var gone in before.Conditions.Where(c => PodConditions.IsOwned(c.Type) && !after.Conditions.Any(a => a.Type == c.Type)))
        {
            changes.Add((JsonNode)new JsonObject { ["$patch"] = "delete", ["type"] = gone.Type });
        }

        return changes;
    }

    /// <summary>An absent field and one that is empty say the same.</summary>
    private static bool Same(PodCondition left, PodCondition right) =>
        left.Status == right.Status && left.Reason == right.Reason && left.Message == right.Message && left.ObservedGeneration == right.ObservedGeneration
        && Seconds(left.LastTransitionTime) == Seconds(right.LastTransitionTime);

    private static long Seconds(Time? time) => time?.Seconds ?? 0;

    private static JsonArray Replacing(JsonArray items)
    {
        var all = new JsonArray { (JsonNode)new JsonObject { ["$patch"] = "replace" } };
        foreach (var item in items)
        {
            all.Add(item?.DeepClone());
        }

        return all;
    }
}
