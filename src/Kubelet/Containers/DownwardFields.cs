using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Google.Protobuf.Collections;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Containers;

/// <summary>What a pod may learn of itself: fieldRef and resourceFieldRef, in the environment and in volumes.</summary>
/// <param name="PodIPs">Empty while the sandbox is not up.</param>
/// <param name="Allocatable">What a container without limits, in a pod without limits, gets to read as its limit.</param>
internal sealed record DownwardFields(string NodeName, ImmutableArray<string> HostIPs, ImmutableArray<string> PodIPs, IReadOnlyDictionary<string, Quantity> Allocatable)
{
    /// <exception cref="ContainerConfigException">There is no such field.</exception>
    public string Field(Pod pod, string path) => path switch
    {
        "metadata.name" => pod.Metadata.Name,
        "metadata.namespace" => pod.Metadata.Namespace,
        "metadata.uid" => pod.Metadata.Uid,
        "metadata.labels" => Map(pod.Metadata.Labels),
        "metadata.annotations" => Map(pod.Metadata.Annotations),
        "spec.nodeName" => pod.Spec.NodeName.Length > 0 ? pod.Spec.NodeName : NodeName,
        "spec.serviceAccountName" => pod.Spec.ServiceAccountName,
        "status.hostIP" => HostIPs.FirstOrDefault() ?? "",
        "status.hostIPs" => string.Join(',', HostIPs),
        "status.podIP" => PodIPs.FirstOrDefault() ?? "",
        "status.podIPs" => string.Join(',', PodIPs),
        _ => Key(path, "metadata.labels", pod.Metadata.Labels) ?? Key(path, "metadata.annotations", pod.Metadata.Annotations)
            ?? throw new ContainerConfigException($"unsupported fieldPath: {path}"),
    };

    /// <exception cref="ContainerConfigException">There is no such container or resource.</exception>
    public string Resource(Pod pod, ResourceFieldSelector selector, Container? itself)
    {
        var container = selector.ContainerName.Length == 0 ? itself : pod.FindContainer(selector.ContainerName)?.Spec;
        if (container is null)
        {
            throw new ContainerConfigException($"container {selector.ContainerName} not found");
        }

        var (part, name) = selector.Resource.Split('.', 2) is [var first, var second] ? (first, second) : (selector.Resource, "");
        var quantity = part switch
        {
            "limits" => Set(container.Resources, name) ?? Set(pod.Spec.Resources, name) ?? Allocatable.GetValueOrDefault(name),
            "requests" => container.Resources?.Requests.GetValueOrDefault(name),
            _ => throw new ContainerConfigException($"unsupported container resource : {selector.Resource}"),
        };
        var amount = quantity is null ? 0 : ResourceAmounts.Count(name, quantity);
        var divisor = selector.Divisor is { String.Length: > 0 } given && !ResourceAmounts.IsZero(given)
            ? ResourceAmounts.Count(name, given)
            : name == ResourceAmounts.Cpu ? 1000 : 1;
        return ((amount + divisor - 1) / divisor).ToString(CultureInfo.InvariantCulture);
    }

    private static Quantity? Set(ResourceRequirements? resources, string name) =>
        resources is not null && resources.Limits.TryGetValue(name, out var quantity) && !ResourceAmounts.IsZero(quantity) ? quantity : null;

    private static string? Key(string path, string map, MapField<string, string> values) =>
        path.StartsWith(map + "['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal)
            ? values.TryGetValue(path[(map.Length + 2)..^2], out var value) ? value : ""
            : null;

    private static string Map(MapField<string, string> map)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            text.Append(key).Append("=\"").Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append("\"\n");
        }

        return text.Length > 0 ? text.ToString(0, text.Length - 1) : "";
    }
}
