using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.DefaultPreemption;

namespace NodeAgent.Scheduler.Extenders;

/// <summary>The messages that go to extenders. Fields have the names that Go gives them; answers are read whatever their case, as Go does.</summary>
internal static class ExtenderJson
{
    public static JsonObject Args(PodInfo pod, INodeTable nodes, IEnumerable<int> slots, bool namesOnly)
    {
        var args = new JsonObject { ["Pod"] = KubeJson.ToNode(pod.Pod), ["Nodes"] = null, ["NodeNames"] = null };
        if (namesOnly)
        {
            args["NodeNames"] = new JsonArray([.. slots.Select(s => JsonValue.Create(nodes[s].Name))]);
        }
        else
        {
            args["Nodes"] = KubeJson.ToListNode("v1", "NodeList", slots.Select(s => nodes[s].Node));
        }

        return args;
    }

    public static JsonObject PreemptionArgs(PodInfo pod, INodeTable nodes, IReadOnlyList<Candidate> candidates, bool namesOnly)
    {
        var victims = new JsonObject();
        foreach (var candidate in candidates)
        {
            victims[nodes[candidate.Slot].Name] = new JsonObject
            {
                ["Pods"] = new JsonArray([.. candidate.Victims.Select(v => namesOnly ? new JsonObject { ["UID"] = v.Uid } : KubeJson.ToNode(v.Pod))]),
                ["NumPDBViolations"] = candidate.Violations,
            };
        }

        return new JsonObject
        {
            ["Pod"] = KubeJson.ToNode(pod.Pod),
            ["NodeNameToVictims"] = namesOnly ? null : victims,
            ["NodeNameToMetaVictims"] = namesOnly ? victims : null,
        };
    }

    public static JsonObject BindingArgs(PodInfo pod, string nodeName) =>
        new() { ["PodName"] = pod.Name, ["PodNamespace"] = pod.Namespace, ["PodUID"] = pod.Uid, ["Node"] = nodeName };

    public static JsonNode? Field(JsonNode? json, string name) =>
        json is JsonObject fields ? fields.FirstOrDefault(f => string.Equals(f.Key, name, StringComparison.OrdinalIgnoreCase)).Value : null;

    public static string? Text(JsonNode? json, string name) => Field(json, name)?.GetValue<string>();
}
