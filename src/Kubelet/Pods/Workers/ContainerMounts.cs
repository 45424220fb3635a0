using System.Text;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Volumes;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>The mounts of a container: its volumes, /etc/hosts and the file for its last words; and its log folder and link.</summary>
internal sealed class ContainerMounts(PodPaths paths, SubPaths subPaths, RuntimeFeatures features)
{
    private const string EtcHostsPath = "/etc/hosts";
    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode WritableByAll = ReadableByAll | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <exception cref="ContainerConfigException">A mount is not possible.</exception>
    public async Task<IReadOnlyList<Cri.Mount>> MakeAsync(PodSandboxScope scope, Container container, IReadOnlyList<KeyValuePair<string, string>> variables, CancellationToken cancellationToken)
    {
        List<Cri.Mount> mounts = [];
        for (var i = 0; i < container.VolumeMounts.Count; i++)
        {
            mounts.Add(await OfVolumeAsync(scope, container, i, variables, cancellationToken));
        }

        if (!mounts.Any(m => m.ContainerPath == EtcHostsPath) && (scope.Pod.Spec.HostNetwork || scope.Fields.PodIPs.Length > 0))
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

    /// <summary>The block volumes of a container, as devices.</summary>
    /// <exception cref="ContainerConfigException">The pod has no such volume.</exception>
    public static IReadOnlyList<Cri.Device> Devices(PodSandboxScope scope, Container container) =>
    [
        .. container.VolumeDevices.Select(device =>
            !device.DevicePath.StartsWith('/')
                ? throw new ContainerConfigException($"error DevicePath `{device.DevicePath}` must be an absolute path")
                : scope.Volumes.ByName.GetValueOrDefault(device.Name) is { IsBlock: true } volume
                    ? new Cri.Device { HostPath = volume.Path, ContainerPath = device.DevicePath, Permissions = volume.IsReadOnly ? "r" : "mrw" }
                    : throw new ContainerConfigException($"cannot find volume \"{device.Name}\" to pass into container \"{container.Name}\"")),
    ];

    /// <inheritdoc cref="PodPaths.NextLog"/>
    public int NextLog(Pod pod, string container) => paths.NextLog(pod, container);

    /// <summary>Makes the link in /var/log/containers that log collectors follow.</summary>
    public void LinkLog(Pod pod, string container, string containerId, int restartCount)
    {
        Directory.CreateDirectory(paths.ContainerLogsRoot);
        var link = paths.LegacyLogLink(pod, container, containerId);
        File.Delete(link);
        File.CreateSymbolicLink(link, Path.Combine(paths.PodLogs(pod), PodPaths.RelativeLog(container, restartCount)));
    }

    private async Task<Cri.Mount> OfVolumeAsync(PodSandboxScope scope, Container container, int index, IReadOnlyList<KeyValuePair<string, string>> variables, CancellationToken cancellationToken)
    {
        var mount = container.VolumeMounts[index];
        if (scope.Volumes.ByName.GetValueOrDefault(mount.Name) is not { IsBlock: false } volume)
        {
            throw new ContainerConfigException($"cannot find volume \"{mount.Name}\" to mount into container \"{container.Name}\"");
        }

        var subPath = SubPath(mount, variables);
        var result = new Cri.Mount
        {
            ContainerPath = mount.MountPath.StartsWith('/') ? mount.MountPath : "/" + mount.MountPath,
            Readonly = mount.ReadOnly || volume.IsReadOnly,
            RecursiveReadOnly = RecursiveReadOnly(mount, await features.RecursiveReadOnlyAsync(scope.Handler, cancellationToken)),
            Propagation = mount.MountPropagation switch
            {
                "HostToContainer" => Cri.MountPropagation.PropagationHostToContainer,
                "Bidirectional" => Cri.MountPropagation.PropagationBidirectional,
                _ => Cri.MountPropagation.PropagationPrivate,
            },
        };
        if (volume.Image is { } image)
        {
            result.Image = image;
            result.ImageSubPath = subPath;
        }
        else
        {
            result.HostPath = subPath.Length == 0 ? volume.Path : subPaths.Prepare(scope.Pod.Uid(), container.Name, index, mount.Name, volume.Path, subPath);
        }

        return result;
    }

    /// <exception cref="ContainerConfigException">The expression names a variable that the container does not have.</exception>
    internal static string SubPath(VolumeMount mount, IReadOnlyList<KeyValuePair<string, string>> variables)
    {
        if (mount.SubPathExpr.Length == 0)
        {
            return mount.SubPath;
        }

        List<string> missing = [];
        var expanded = VariableExpansion.Expand(mount.SubPathExpr, name =>
        {
            var value = variables.LastOrDefault(v => v.Key == name).Value;
            if (value is null)
            {
                missing.Add(name);
            }

            return value;
        });
        return missing.Count == 0 ? expanded : throw new ContainerConfigException($"missing value for \"{string.Join("\", \"", missing)}\"");
    }

    /// <exception cref="ContainerConfigException">It is asked for where it cannot be.</exception>
    internal static bool RecursiveReadOnly(VolumeMount mount, bool isSupported)
    {
        if (mount.RecursiveReadOnly is "" or "Disabled")
        {
            return false;
        }

        var asked = $"volume \"{mount.Name}\" requested recursive read-only mode, but ";
        if (!mount.ReadOnly)
        {
            throw new ContainerConfigException($"failed to resolve recursive read-only mode: {asked}it is not read-only");
        }

        if (mount.MountPropagation is not ("" or "None"))
        {
            throw new ContainerConfigException($"failed to resolve recursive read-only mode: {asked}it is not compatible with propagation \"{mount.MountPropagation}\"");
        }

        return mount.RecursiveReadOnly switch
        {
            "IfPossible" => isSupported,
            "Enabled" => isSupported ? true : throw new ContainerConfigException($"failed to resolve recursive read-only mode: {asked}it is not supported by the runtime"),
            _ => throw new ContainerConfigException($"failed to resolve recursive read-only mode: unknown recursive read-only mode \"{mount.RecursiveReadOnly}\""),
        };
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
            text.Append("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n");
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
