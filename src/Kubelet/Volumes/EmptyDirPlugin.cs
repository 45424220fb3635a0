using System.Globalization;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>A folder that lives as long as the pod, on disk or in memory.</summary>
internal sealed class EmptyDirPlugin : IVolumePlugin
{
    private const UnixFileMode OpenToAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public string Name => "kubernetes.io/empty-dir";

    public bool Supports(Volume volume) => volume.VolumeSource?.EmptyDir is not null;

    public Task<string> SetUpAsync(VolumeContext context, CancellationToken cancellationToken)
    {
        var source = context.Volume.VolumeSource.EmptyDir;
        if (source.Medium is not ("" or "Memory"))
        {
            throw new VolumeException($"emptyDir medium \"{source.Medium}\" is not supported by this kubelet");
        }

        var isNew = !Directory.Exists(context.Directory);
        Directory.CreateDirectory(context.Directory);
        if (source.Medium == "Memory" && !MountTable.Below(context.Directory).Contains(context.Directory))
        {
            var size = source.SizeLimit is { } limit && !ResourceAmounts.IsZero(limit) ? ResourceAmounts.Units(limit) : 0;
            Libc.Mount("tmpfs", context.Directory, "tmpfs", size > 0 ? string.Create(CultureInfo.InvariantCulture, $"size={size}") : "");
            isNew = true;
        }

        if (isNew)
        {
            File.SetUnixFileMode(context.Directory, OpenToAll);
            VolumeOwnership.Apply(context.Directory, context.FsGroup);
        }

        return Task.FromResult(context.Directory);
    }
}
