using System.Globalization;
using Mono.Unix.Native;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>
/// Parts of volumes for containers. What is checked is what is mounted: the part is opened below the volume and the open file
/// is bound to a place of the kubelet's own, which the runtime gets; a link that is changed in between changes nothing.
/// </summary>
internal sealed class SubPaths(PodPaths paths)
{
    /// <param name="index">The place of the mount among the container's.</param>
    /// <returns>The path that the runtime is to mount.</returns>
    /// <exception cref="ContainerConfigException">The part is not there and cannot be made, or leads out of the volume.</exception>
    public string Prepare(PodUid pod, string container, int index, string volume, string volumePath, string subPath)
    {
        if (subPath.StartsWith('/'))
        {
            throw new ContainerConfigException($"error SubPath `{subPath}` must not be an absolute path");
        }

        if (subPath.Split('/').Contains(".."))
        {
            throw new ContainerConfigException($"unable to provision SubPath `{subPath}`: must not contain '..'");
        }

        try
        {
            using var part = SafePath.OpenOrMakeFolder(volumePath, subPath, (int)File.GetUnixFileMode(volumePath));
            var source = SafePath.Descriptor(part);
            var target = Path.Combine(paths.PodDirectory(pod), "volume-subpaths", volume, container, index.ToString(CultureInfo.InvariantCulture));
            if (Syscall.stat(source, out var wanted) != 0)
            {
                throw new IOException($"the part {subPath} went away");
            }

            if (MountTable.IsMountPoint(target))
            {
                if (Syscall.stat(target, out var there) == 0 && (there.st_dev, there.st_ino) == (wanted.st_dev, wanted.st_ino))
                {
                    return target;
                }

                Libc.Unmount(target, lazily: true);
            }

            MakeTarget(target, isFolder: (wanted.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFDIR);
            Libc.BindMount(source, target);
            return target;
        }
        catch (IOException e)
        {
            throw new ContainerConfigException($"failed to prepare subPath for volumeMount \"{volume}\" of container \"{container}\": {e.Message}");
        }
    }

    private static void MakeTarget(string target, bool isFolder)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (isFolder)
        {
            File.Delete(target);
            Directory.CreateDirectory(target);
        }
        else
        {
            if (Directory.Exists(target))
            {
                Directory.Delete(target);
            }

            File.Create(target).Dispose();
        }
    }
}
