using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Manifests.Writers;

namespace NodeAgent.Kubelet.Containers;

/// <summary>Hooks and ports as they stand in container annotations: the API's JSON, read back for pods whose spec is gone.</summary>
internal static class LifecycleJson
{
    public static string Write(LifecycleHandler handler) => KubeJson.ToText(ContainerJson.ToNode(handler));

    public static string Write(IEnumerable<ContainerPort> ports) => KubeJson.ToText(new JsonArray([.. ports.Select(ContainerJson.ToNode)]));
}
