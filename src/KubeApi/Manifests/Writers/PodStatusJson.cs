using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.KubeApi.Manifests.Writers;

/// <summary>A pod's status as the API's JSON, without the descriptors that <see cref="KubeJson"/> needs: a kubelet writes it all the time.</summary>
public static class PodStatusJson
{
    public static JsonObject ToNode(PodStatus status) => new JsonFields()
        .Text("phase", status.Phase)
        .List("conditions", status.Conditions, ToNode)
        .Text("message", status.Message)
        .Text("reason", status.Reason)
        .Text("hostIP", status.HostIP)
        .Text("podIP", status.PodIP)
        .Instant("startTime", status.StartTime)
        .List("containerStatuses", status.ContainerStatuses, ContainerStatusJson.ToNode)
        .Text("qosClass", status.QosClass)
        .List("initContainerStatuses", status.InitContainerStatuses, ContainerStatusJson.ToNode)
        .Text("nominatedNodeName", status.NominatedNodeName)
        .List("podIPs", status.PodIPs, ip => new JsonFields().Always("ip", ip.HasIp, JsonValue.Create(ip.Ip)).Json)
        .List("ephemeralContainerStatuses", status.EphemeralContainerStatuses, ContainerStatusJson.ToNode)
        .Text("resize", status.Resize)
        .List("resourceClaimStatuses", status.ResourceClaimStatuses, ResourceClaim)
        .List("hostIPs", status.HostIPs, ip => new JsonFields().Always("ip", ip.HasIp, JsonValue.Create(ip.Ip)).Json)
        .Number("observedGeneration", status.ObservedGeneration)
        .Object("extendedResourceClaimStatus", status.ExtendedResourceClaimStatus, ExtendedResourceClaim)
        .Quantities("allocatedResources", status.AllocatedResources)
        .Object("resources", status.Resources, ContainerStatusJson.Resources)
        .List("nodeAllocatableResourceClaimStatuses", status.NodeAllocatableResourceClaimStatuses, NodeAllocatableResourceClaim)
        .Json;

    public static JsonObject ToNode(PodCondition condition) => new JsonFields()
        .Always("type", condition.HasType, JsonValue.Create(condition.Type))
        .Always("status", condition.HasStatus, JsonValue.Create(condition.Status))
        .Instant("lastProbeTime", condition.LastProbeTime)
        .Instant("lastTransitionTime", condition.LastTransitionTime)
        .Text("reason", condition.Reason)
        .Text("message", condition.Message)
        .Number("observedGeneration", condition.ObservedGeneration)
        .Json;

    private static JsonObject ResourceClaim(PodResourceClaimStatus claim) => new JsonFields()
        .Always("name", claim.HasName, JsonValue.Create(claim.Name))
        .Always("resourceClaimName", claim.HasResourceClaimName, JsonValue.Create(claim.ResourceClaimName))
        .Json;

    private static JsonObject ExtendedResourceClaim(PodExtendedResourceClaimStatus claim) => new JsonFields()
        .List("requestMappings", claim.RequestMappings, m => new JsonFields()
            .Always("containerName", m.HasContainerName, JsonValue.Create(m.ContainerName))
            .Always("resourceName", m.HasResourceName, JsonValue.Create(m.ResourceName))
            .Always("requestName", m.HasRequestName, JsonValue.Create(m.RequestName))
            .Json)
        .Always("resourceClaimName", claim.HasResourceClaimName, JsonValue.Create(claim.ResourceClaimName))
        .Json;

    private static JsonObject NodeAllocatableResourceClaim(NodeAllocatableResourceClaimStatus claim) => new JsonFields()
        .Always("resourceClaimName", claim.HasResourceClaimName, JsonValue.Create(claim.ResourceClaimName))
        .Texts("containers", claim.Containers)
        .Quantities("resources", claim.Resources)
        .Json;
}
