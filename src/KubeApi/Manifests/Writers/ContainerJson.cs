using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.KubeApi.Manifests.Writers;

/// <summary>The parts of a container's spec that a kubelet writes into annotations, as the API's JSON, without descriptors.</summary>
public static class ContainerJson
{
    public static JsonObject ToNode(ContainerPort port) => new JsonFields()
        .Text("name", port.Name)
        .Number("hostPort", port.HostPort)
        .Always("containerPort", port.HasContainerPort_, JsonValue.Create(port.ContainerPort_))
        .Text("protocol", port.Protocol)
        .Text("hostIP", port.HostIP)
        .Json;

    public static JsonObject ToNode(LifecycleHandler handler) => new JsonFields()
        .Object("exec", handler.Exec, e => new JsonFields().Texts("command", e.Command).Json)
        .Object("httpGet", handler.HttpGet, HttpGet)
        .Object("tcpSocket", handler.TcpSocket, t => new JsonFields().Port("port", t.Port).Text("host", t.Host).Json)
        .Object("sleep", handler.Sleep, s => new JsonFields().Always("seconds", s.HasSeconds, JsonValue.Create(s.Seconds)).Json)
        .Json;

    private static JsonObject HttpGet(HTTPGetAction action) => new JsonFields()
        .Text("path", action.Path)
        .Port("port", action.Port)
        .Text("host", action.Host)
        .Text("scheme", action.Scheme)
        .List("httpHeaders", action.HttpHeaders, h => new JsonFields()
            .Always("name", h.HasName, JsonValue.Create(h.Name))
            .Always("value", h.HasValue, JsonValue.Create(h.Value))
            .Json)
        .Json;
}
