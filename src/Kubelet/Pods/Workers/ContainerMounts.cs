using System.Text;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>The mounts of a container: its volumes, /etc/hosts and the file for its last words; and its log folder and link.</summary>
internal sealed class ContainerMounts(PodPaths paths)
{
    private const string EtcHostsPath = "/etc/hosts";
    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode WritableByAll = ReadableByAll | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    public IReadOnlyList<Cri.Mount> Make(PodSandboxScope scope, Container container, IReadOnlyList<KeyValuePair<string, string>> variables)
    {
        List<Cri.Mount> mounts = [];
        foreach (var mount in container.VolumeMounts)
        {
            if (!scope.Volumes.TryGetValue(mount.Name, out var source))
            {
                throw new ContainerConfigException($"cannot find volume \"{mount.Name}\" to mount into container \"{container.Name}\"");
            }

            mounts.Add(new Cri.Mount
            {
                ContainerPath = mount.MountPath.StartsWith('/') ? mount.MountPath : "/" + mount.MountPath,
                HostPath = WithSubPath(source, mount, variables),
                Readonly = mount.ReadOnly,
                Propagation = mount.MountPropagation switch
                {
                    "HostToContainer" => Cri.MountPropagation.PropagationHostToContainer,
                    "Bidirectional" => Cri.MountPropagation.PropagationBidirectional,
                    _ => Cri.MountPropagation.PropagationPrivate,
                },
            });
        }

        if (!mounts.Any(m => m.ContainerPath == EtcHostsPath))
        {
            mounts.Add(new Cri.Mount { ContainerPath = EtcHostsPath, HostPath = WriteEtcHosts(scope) });
        }

        if (container.TerminationMessagePath.Length > 0)
        {
            mounts.Add(new Cri.Mount { ContainerPath = container.TerminationMessagePath, HostPath = MakeMessageFile(scope.Pod, container) });
        }

        Directory.CreateDirectory(Path.Combine(paths.PodLogs(scope.Pod), container.Name));
        return mounts;
    }

    /// <summary>Makes the link in /var/log/containers that log collectors follow.</summary>
    public void LinkLog(Pod pod, string container, string containerId, int restartCount)
    {
        Directory.CreateDirectory(paths.ContainerLogsRoot);
        var link = paths.LegacyLogLink(pod, container, containerId);
        File.Delete(link);
        File.CreateSymbolicLink(link, Path.Combine(paths.PodLogs(pod), PodPaths.RelativeLog(container, restartCount)));
    }

    private static string WithSubPath(string source, VolumeMount mount, IReadOnlyList<KeyValuePair<string, string>> variables)
    {
        var subPath = mount.SubPathExpr.Length > 0
            ? VariableExpansion.Expand(mount.SubPathExpr, name => variables.LastOrDefault(v => v.Key == name).Value)
            : mount.SubPath;
        if (subPath.Length == 0)
        {
            return source;
        }

        if (subPath.StartsWith('/') || subPath.Split('/').Contains(".."))
        {
            throw new ContainerConfigException($"subPath \"{subPath}\" of volume \"{mount.Name}\" must be relative and must not contain '..'");
        }

        var path = Path.Combine(source, subPath);
        if (!Path.Exists(path))
        {
            Directory.CreateDirectory(path);
        }

        // The path must be in the volume once its links are followed: what is mounted is the path that was checked.
        var real = Mono.Unix.UnixPath.GetCompleteRealPath(path);
        var root = Mono.Unix.UnixPath.GetCompleteRealPath(source);
        return real == root || real.StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal)
            ? real
            : throw new ContainerConfigException($"subPath \"{subPath}\" of volume \"{mount.Name}\" leads out of the volume");
    }

    private string WriteEtcHosts(PodSandboxScope scope)
    {
        var path = paths.EtcHosts(scope.Pod.Uid());
        var text = new StringBuilder();
        if (scope.Pod.Spec.HostNetwork)
        {
            text.Append("# Kubernetes-managed hosts file (host network).\n").Append(File.Exists(EtcHostsPath) ? File.ReadAllText(EtcHostsPath) : "");
        }
        else
        {
            text.Append("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nfe00::\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n");
            foreach (var ip in scope.Fields.PodIPs)
            {
                text.Append(ip).Append('\t').AppendJoin('\t', scope.Hostname).Append('\n');
            }
        }

        if (scope.Pod.Spec.HostAliases.Count > 0)
        {
            text.Append("\n# Entries added by HostAliases.\n");
            foreach (var alias in scope.Pod.Spec.HostAliases)
            {
                text.Append(alias.Ip).Append('\t').AppendJoin('\t', alias.Hostnames).Append('\n');
            }
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text.ToString());
        File.SetUnixFileMode(path, ReadableByAll);
        return path;
    }

    private string MakeMessageFile(Pod pod, Container container)
    {
        var folder = paths.ContainerDirectory(pod.Uid(), container.Name);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, Guid.NewGuid().ToString("N")[..8]);
        using (File.Create(path))
        {
        }

        File.SetUnixFileMode(path, WritableByAll);
        return path;
    }
}
