using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.KubeApi.Manifests.Writers;

/// <summary>A node's status as the API's JSON, without the descriptors that <see cref="KubeJson"/> needs.</summary>
/// <remarks><c>config</c>, of the dynamic kubelet configuration that upstream removed, is left out: no kubelet writes it.</remarks>
public static class NodeStatusJson
{
    public static JsonObject ToNode(NodeStatus status) => new JsonFields()
        .Quantities("capacity", status.Capacity)
        .Quantities("allocatable", status.Allocatable)
        .Text("phase", status.Phase)
        .List("conditions", status.Conditions, ToNode)
        .List("addresses", status.Addresses, Address)
        .Object("daemonEndpoints", status.DaemonEndpoints, d => new JsonFields()
            .Object("kubeletEndpoint", d.KubeletEndpoint, e => new JsonFields().Always("Port", e.HasPort, JsonValue.Create(e.Port)).Json)
            .Json)
        .Object("nodeInfo", status.NodeInfo, Info)
        .List("images", status.Images, i => new JsonFields().Texts("names", i.Names).Number("sizeBytes", i.SizeBytes).Json)
        .Texts("volumesInUse", status.VolumesInUse)
        .List("volumesAttached", status.VolumesAttached, v => new JsonFields()
            .Always("name", v.HasName, JsonValue.Create(v.Name))
            .Always("devicePath", v.HasDevicePath, JsonValue.Create(v.DevicePath))
            .Json)
        .List("runtimeHandlers", status.RuntimeHandlers, RuntimeHandler)
        .Object("features", status.Features, f => new JsonFields()
            .Always("supplementalGroupsPolicy", f.HasSupplementalGroupsPolicy, JsonValue.Create(f.SupplementalGroupsPolicy))
            .Json)
        .Texts("declaredFeatures", status.DeclaredFeatures)
        .Json;

    public static JsonObject ToNode(NodeCondition condition) => new JsonFields()
        .Always("type", condition.HasType, JsonValue.Create(condition.Type))
        .Always("status", condition.HasStatus, JsonValue.Create(condition.Status))
        .Instant("lastHeartbeatTime", condition.LastHeartbeatTime)
        .Instant("lastTransitionTime", condition.LastTransitionTime)
        .Text("reason", condition.Reason)
        .Text("message", condition.Message)
        .Json;

    private static JsonObject Address(NodeAddress address) => new JsonFields()
        .Always("type", address.HasType, JsonValue.Create(address.Type))
        .Always("address", address.HasAddress, JsonValue.Create(address.Address))
        .Json;

    private static JsonObject Info(NodeSystemInfo info) => new JsonFields()
        .Always("machineID", info.HasMachineID, JsonValue.Create(info.MachineID))
        .Always("systemUUID", info.HasSystemUUID, JsonValue.Create(info.SystemUUID))
        .Always("bootID", info.HasBootID, JsonValue.Create(info.BootID))
        .Always("kernelVersion", info.HasKernelVersion, JsonValue.Create(info.KernelVersion))
        .Always("osImage", info.HasOsImage, JsonValue.Create(info.OsImage))
        .Always("containerRuntimeVersion", info.HasContainerRuntimeVersion, JsonValue.Create(info.ContainerRuntimeVersion))
        .Always("kubeletVersion", info.HasKubeletVersion, JsonValue.Create(info.KubeletVersion))
        .Always("kubeProxyVersion", info.HasKubeProxyVersion, JsonValue.Create(info.KubeProxyVersion))
        .Always("operatingSystem", info.HasOperatingSystem, JsonValue.Create(info.OperatingSystem))
        .Always("architecture", info.HasArchitecture, JsonValue.Create(info.Architecture))
        .Object("swap", info.Swap, s => new JsonFields().Always("capacity", s.HasCapacity, JsonValue.Create(s.Capacity)).Json)
        .Json;

    private static JsonObject RuntimeHandler(NodeRuntimeHandler handler) => new JsonFields()
        .Always("name", handler.HasName, JsonValue.Create(handler.Name))
        .Object("features", handler.Features, f => new JsonFields()
            .Always("recursiveReadOnlyMounts", f.HasRecursiveReadOnlyMounts, JsonValue.Create(f.RecursiveReadOnlyMounts))
            .Always("userNamespaces", f.HasUserNamespaces, JsonValue.Create(f.UserNamespaces))
            .Json)
        .Json;
}
