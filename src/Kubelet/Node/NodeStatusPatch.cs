using System.Text;
using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Manifests.Writers;

namespace NodeAgent.Kubelet.Node;

/// <summary>The strategic merge patch that turns one node status into another: conditions are merged by type, addresses replaced, the rest is set where it differs and taken out where it is empty now.</summary>
internal static class NodeStatusPatch
{
    private const string Conditions = "conditions";
    private const string Addresses = "addresses";

    public static byte[] Between(NodeStatus before, NodeStatus after)
    {
        var (old, wanted) = (NodeStatusJson.ToNode(before), NodeStatusJson.ToNode(after));
        var changes = new JsonObject();
        foreach (var (name, value) in wanted.Where(f => f.Key != Conditions && !JsonNode.DeepEquals(f.Value, old[f.Key])).ToList())
        {
            var change = value?.DeepClone();
            if (name == Addresses)
            {
                change!.AsArray().Insert(0, new JsonObject { ["$patch"] = "replace" });
            }

            changes[name] = change;
        }

        foreach (var (name, _) in old.Where(f => !wanted.ContainsKey(f.Key)))
        {
            changes[name] = null;
        }

        var conditions = new JsonArray();
        foreach (var condition in after.Conditions.Where(c => !c.Equals(before.Conditions.FirstOrDefault(b => b.Type == c.Type))))
        {
            conditions.Add((JsonNode)NodeStatusJson.ToNode(condition));
        }

        if (conditions.Count > 0)
        {
            changes[Conditions] = conditions;
        }

        return Encoding.UTF8.GetBytes(KubeJson.ToText(new JsonObject { ["status"] = changes }));
    }
}
