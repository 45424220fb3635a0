using Microsoft.AspNetCore.Http;
using NodeAgent.KubeApi.Objects;

namespace NodeAgent.Kubelet.Server;

/// <summary>The pod and container that a request's path names: <c>/verb/namespace/pod[/uid][/container]</c>.</summary>
internal sealed record PodRoute(string Namespace, string PodName, string Uid, string ContainerName)
{
    /// <exception cref="HttpError">The path has not this form.</exception>
    public static PodRoute Parse(HttpContext context, bool withContainer)
    {
        var parts = (context.Request.Path.Value ?? "").Split('/')[2..];
        return (parts, withContainer) switch
        {
            ([{ Length: > 0 } ns, { Length: > 0 } pod, { Length: > 0 } container], true) => new PodRoute(ns, pod, "", container),
            ([{ Length: > 0 } ns, { Length: > 0 } pod, { Length: > 0 } uid, { Length: > 0 } container], true) => new PodRoute(ns, pod, uid, container),
            ([{ Length: > 0 } ns, { Length: > 0 } pod], false) => new PodRoute(ns, pod, "", ""),
            ([{ Length: > 0 } ns, { Length: > 0 } pod, { Length: > 0 } uid], false) => new PodRoute(ns, pod, uid, ""),
            _ => throw new HttpError(404, "404 page not found"),
        };
    }

    /// <exception cref="HttpError">There is no such pod.</exception>
    public Pod Pod(IPodDirectory pods)
    {
        var pod = pods.Find(Namespace, PodName) ?? throw new HttpError(404, $"pod \"{PodName}\" does not exist");
        return Uid.Length > 0 && Uid != pod.Metadata.Uid ? throw new HttpError(404, $"pod \"{PodName}\" has not the UID {Uid}") : pod;
    }

    /// <exception cref="HttpError">The pod's spec has no such container.</exception>
    public string Container(Pod pod)
    {
        var isThere = pod.AllContainers.Any(c => c.Name == ContainerName)
            || (pod.Spec?.EphemeralContainers.Any(c => c.EphemeralContainerCommon?.Name == ContainerName) ?? false);
        return isThere ? ContainerName : throw new HttpError(404, $"container \"{ContainerName}\" not found in pod \"{PodName}\"");
    }

    /// <returns>The engine's id of the container, which runs.</returns>
    /// <exception cref="HttpError">It does not run.</exception>
    public string RunningContainer(Pod pod) =>
        pod.GetContainerStatus(Container(pod)) is { State.Running: not null, ContainerID.Length: > 0 } status
            ? Logs.ContainerLogTarget.WithoutScheme(status.ContainerID)
            : throw new HttpError(404, $"container not found (\"{ContainerName}\")");
}
