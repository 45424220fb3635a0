using System.Collections.Concurrent;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Users;

namespace NodeAgent.Kubelet.Containers;

/// <summary>What a sandbox has beyond its pod's spec: the handler of its runtime class and its user namespace.</summary>
internal sealed class SandboxExtras(IReferencedObjects objects, RuntimeFeatures features, UserNamespaces users)
{
    /// <summary>A runtime class's handler never changes.</summary>
    private readonly ConcurrentDictionary<string, string> _handlers = new();

    /// <returns>Empty for the runtime's default.</returns>
    /// <exception cref="ContainerConfigException">There is no such runtime class.</exception>
    public async Task<string> HandlerAsync(Pod pod, CancellationToken cancellationToken)
    {
        var name = pod.Spec.RuntimeClassName;
        if (name.Length == 0)
        {
            return "";
        }

        if (_handlers.TryGetValue(name, out var known))
        {
            return known;
        }

        var found = await objects.FindAsync(KubeApi.Resources.RuntimeClasses, null, name, cancellationToken)
            ?? throw new ContainerConfigException($"failed to get runtime class \"{name}\": runtimeclass.node.k8s.io \"{name}\" not found");
        return _handlers[name] = found.Handler;
    }

    /// <summary>Refuses what the runtime would leave out without a word.</summary>
    /// <exception cref="ContainerConfigException">With the reason.</exception>
    public async Task CheckAsync(Pod pod, string handler, CancellationToken cancellationToken)
    {
        if (UserNamespaces.IsWanted(pod) && !await features.UserNamespacesAsync(handler, cancellationToken))
        {
            var who = handler.Length == 0 ? "the container engine" : $"the runtime handler \"{handler}\"";
            throw new ContainerConfigException($"can't set `spec.hostUsers: false`: {who} does not support user namespaces; containerd 2.0 with runc 1.2 does, and later ones of both");
        }
    }

    public void Complete(Pod pod, Cri.PodSandboxConfig config)
    {
        if (UserNamespaces.IsWanted(pod))
        {
            config.Linux.SecurityContext.NamespaceOptions.UsernsOptions = users.For(pod.Uid());
        }
    }

    /// <summary>Whether the sandbox's containers can have mounts that are read-only with all below them; null while that is not known.</summary>
    public bool? RecursiveReadOnly(string handler) => features.RecursiveReadOnly(handler);
}
