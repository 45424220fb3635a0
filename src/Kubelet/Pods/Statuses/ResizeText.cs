using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Manifests;

namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>What events of a resize say, as upstream writes it.</summary>
internal static class ResizeText
{
    public static string Describe(Pod pod, string what, string? error = null)
    {
        var summary = new JsonObject();
        Add("initContainers", pod.Spec.InitContainers);
        Add("containers", pod.Spec.Containers);
        summary["generation"] = pod.Metadata.Generation;
        if (error is not null)
        {
            summary["error"] = error;
        }

        return $"{what}: {KubeJson.ToText(summary)}";

        void Add(string name, IEnumerable<Container> containers)
        {
            var list = new JsonArray([.. containers.Select(c => new JsonObject { ["name"] = c.Name, ["resources"] = c.Resources is null ? new JsonObject() : KubeJson.ToNode(c.Resources) })]);
            if (list.Count > 0)
            {
                summary[name] = list;
            }
        }
    }
}
