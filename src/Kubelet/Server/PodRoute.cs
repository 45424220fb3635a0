using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NodeAgent.KubeApi.Objects;

namespace NodeAgent.Kubelet.Server;

/// <summary>The pod and container that a request's path names.</summary>
internal static class PodRoute
{
    /// <exception cref="HttpError">There is no such pod.</exception>
    public static Pod Pod(HttpContext context, IPodDirectory pods)
    {
        var name = Value(context, "pod");
        var pod = pods.Find(Value(context, "ns"), name) ?? throw new HttpError(404, $"pod \"{name}\" does not exist");
        return Value(context, "uid") is { Length: > 0 } uid && uid != pod.Metadata.Uid ? throw new HttpError(404, $"pod \"{name}\" has not the UID {uid}") : pod;
    }

    /// <exception cref="HttpError">The pod's spec has no such container.</exception>
    public static string Container(HttpContext context, Pod pod)
    {
        var name = Value(context, "container");
        var isThere = pod.AllContainers.Any(c => c.Name == name) || (pod.Spec?.EphemeralContainers.Any(c => c.EphemeralContainerCommon?.Name == name) ?? false);
        return isThere ? name : throw new HttpError(404, $"container \"{name}\" not found in pod \"{pod.Metadata.Name}\"");
    }

    /// <returns>The engine's id of the container, which runs.</returns>
    /// <exception cref="HttpError">It does not run.</exception>
    public static string RunningContainer(HttpContext context, Pod pod)
    {
        var name = Container(context, pod);
        return pod.GetContainerStatus(name) is { State.Running: not null, ContainerID.Length: > 0 } status
            ? Logs.ContainerLogTarget.WithoutScheme(status.ContainerID)
            : throw new HttpError(404, $"container not found (\"{name}\")");
    }

    private static string Value(HttpContext context, string name) => context.GetRouteValue(name) as string ?? "";
}
