using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Users;

/// <summary>
/// Gives each pod that asks for a user namespace users of its own, for as long as its folder is there: which they are is kept
/// in it alone, and it goes when sandbox and volumes are gone. So they outlive the kubelet, and nothing has to give them back.
/// </summary>
/// <param name="ids">Of the host, for all pods.</param>
/// <param name="random">Below a number, from 0 on: users that have just become free are not the next pod's.</param>
internal sealed class UserNamespaces(PodPaths paths, IdRange ids, uint perPod, Func<int, int> random)
{
    private readonly Lock _picking = new();

    public static bool IsWanted(Pod pod) => pod.Spec.HasHostUsers && !pod.Spec.HostUsers;

    /// <summary>The pod's users; the same at every call while its folder is there.</summary>
    /// <exception cref="ContainerConfigException">All are taken, or it cannot be known which are.</exception>
    public Cri.UserNamespace For(PodUid pod)
    {
        lock (_picking)
        {
            var range = Read(pod) ?? Give(pod);
            var mapping = new Cri.IDMapping { HostId = range.First, ContainerId = 0, Length = range.Length };
            return new Cri.UserNamespace { Mode = Cri.NamespaceMode.Pod, Uids = { mapping }, Gids = { mapping.Clone() } };
        }
    }

    /// <summary>The container's mounts show the owners that the container sees.</summary>
    public static void Apply(Cri.ContainerConfig config, Cri.UserNamespace user)
    {
        foreach (var mount in config.Mounts)
        {
            mount.UidMappings.AddRange(user.Uids);
            mount.GidMappings.AddRange(user.Gids);
        }

        config.Linux.SecurityContext.NamespaceOptions.UsernsOptions = user;
    }

    private IdRange Give(PodUid pod)
    {
        var others = Directory.Exists(paths.PodsRoot) ? Directory.EnumerateDirectories(paths.PodsRoot).Select(d => new PodUid(Path.GetFileName(d))) : [];
        var taken = others.Select(Read).OfType<IdRange>().ToList();
        var places = ids.Length / perPod;
        var range = PodIds.Pick(ids, perPod, taken, (uint)random((int)places))
            ?? throw new ContainerConfigException($"no users are left for the pod's user namespace: {taken.Count} pods have theirs, and the host has {places} times {perPod} from {ids.First} on");
        FileOf(pod).Write(MappingFile.Content(range));
        return range;
    }

    /// <returns>Null when the pod has none yet.</returns>
    private IdRange? Read(PodUid pod)
    {
        var file = FileOf(pod);
        try
        {
            return file.Read() is { } content ? MappingFile.Parse(content, file.Path) : null;
        }
        catch (InvalidDataException e)
        {
            // Until that pod is gone any users could be its own.
            throw new ContainerConfigException($"which users pod {pod} has is not known: {e.Message}; put back what the file held, or delete that pod");
        }
    }

    private CheckpointFile FileOf(PodUid pod) => new(Path.Combine(paths.PodDirectory(pod), MappingFile.Name));
}
