using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>A persistent volume that is a folder of this host: bound to the pod's own place, so that it can have an fsGroup.</summary>
internal sealed class LocalPlugin : IVolumePlugin
{
    public string Name => "kubernetes.io/local-volume";

    public bool Supports(VolumeSpec spec) => spec.PersistentSource?.Local is not null;

    public Task<ReadyVolume> SetUpAsync(VolumeContext context, CancellationToken cancellationToken)
    {
        var path = context.Spec.PersistentSource!.Local.Path;
        var readOnly = context.Spec.IsClaimReadOnly;
        if (context.Spec.IsBlock)
        {
            return Task.FromResult(File.Exists(path) ? new ReadyVolume(path, readOnly, IsBlock: true) : throw new VolumeException($"local volume: the device {path} does not exist"));
        }

        if (!Directory.Exists(path))
        {
            throw new VolumeException(Path.Exists(path)
                ? $"local volume: {path} is not a directory; a block device has to be formatted and mounted on the host first"
                : $"path \"{path}\" does not exist");
        }

        try
        {
            if (!MountTable.IsMountPoint(context.Directory))
            {
                Directory.CreateDirectory(context.Directory);
                Libc.BindMount(path, context.Directory, readOnly, recursively: true);
                if (!readOnly)
                {
                    VolumeOwnership.Apply(context.Directory, context.FsGroup, onRootMismatch: context.OnRootMismatchOnly);
                }
            }
        }
        catch (IOException e)
        {
            throw new VolumeException(e.Message, e);
        }

        return Task.FromResult(new ReadyVolume(context.Directory, readOnly));
    }
}
