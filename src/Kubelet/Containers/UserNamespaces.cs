using System.Text.Json.Nodes;
using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Containers;

/// <summary>Gives each pod that asks for a user namespace 65536 ids of its own, and remembers them in the pod's folder, as upstream does.</summary>
internal sealed class UserNamespaces(PodPaths paths)
{
    private const uint Length = 65536;
    private const uint Most = 110;

    private readonly Lock _lock = new();
    private Dictionary<PodUid, uint>? _taken;

    public static bool IsWanted(Pod pod) => pod.Spec.HasHostUsers && !pod.Spec.HostUsers;

    /// <exception cref="ContainerConfigException">All ids are taken.</exception>
    public Cri.UserNamespace For(PodUid pod)
    {
        lock (_lock)
        {
            _taken ??= ReadAll();
            if (!_taken.TryGetValue(pod, out var first))
            {
                first = Free(_taken.Values);
                Write(pod, first);
                _taken[pod] = first;
            }

            var mapping = new Cri.IDMapping { HostId = first, ContainerId = 0, Length = Length };
            return new Cri.UserNamespace { Mode = Cri.NamespaceMode.Pod, Uids = { mapping }, Gids = { mapping.Clone() } };
        }
    }

    public void Forget(PodUid pod)
    {
        lock (_lock)
        {
            _taken?.Remove(pod);
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

    internal static uint Free(IEnumerable<uint> taken)
    {
        var used = taken.ToHashSet();
        for (uint i = 1; i <= Most; i++)
        {
            if (!used.Contains(i * Length))
            {
                return i * Length;
            }
        }

        throw new ContainerConfigException("could not find an empty slot to allocate a user namespace");
    }

    private Dictionary<PodUid, uint> ReadAll()
    {
        Dictionary<PodUid, uint> taken = [];
        foreach (var folder in Directory.Exists(paths.PodsRoot) ? Directory.EnumerateDirectories(paths.PodsRoot) : [])
        {
            var file = Path.Combine(folder, "userns");
            if (File.Exists(file) && JsonNode.Parse(File.ReadAllText(file))?["uidMappings"]?[0]?["hostId"]?.GetValue<uint>() is { } first)
            {
                taken[new PodUid(Path.GetFileName(folder))] = first;
            }
        }

        return taken;
    }

    private void Write(PodUid pod, uint first)
    {
        JsonArray Mapping() => [new JsonObject { ["hostId"] = first, ["containerId"] = 0, ["length"] = Length }];
        new CheckpointFile(Path.Combine(paths.PodDirectory(pod), "userns")).Write(new JsonObject { ["uidMappings"] = Mapping(), ["gidMappings"] = Mapping() });
    }
}
