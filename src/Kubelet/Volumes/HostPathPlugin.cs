namespace NodeAgent.Kubelet.Volumes;

/// <summary>A path of the host, checked against the type that the pod expects.</summary>
internal sealed class HostPathPlugin : IVolumePlugin
{
    public string Name => "kubernetes.io/host-path";

    public bool Supports(VolumeSpec spec) => Of(spec) is not null;

    public Task<ReadyVolume> SetUpAsync(VolumeContext context, CancellationToken cancellationToken)
    {
        var source = Of(context.Spec)!;
        if (source.Path.Split('/').Contains(".."))
        {
            throw new VolumeException($"invalid HostPath `{source.Path}`: must not contain '..'");
        }

        Check(source.Path, source.Type);
        return Task.FromResult(new ReadyVolume(source.Path, context.Spec.IsClaimReadOnly));
    }

    private static HostPathVolumeSource? Of(VolumeSpec spec) => spec.Persistent is null ? spec.Source.HostPath : spec.PersistentSource?.HostPath;

    private static void Check(string path, string type)
    {
        const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        switch (type)
        {
            case "":
                return;
            case "DirectoryOrCreate" when !Path.Exists(path):
                Directory.CreateDirectory(path, FolderMode);
                return;
            case "FileOrCreate" when !Path.Exists(path):
                using (File.Create(path))
                {
                    return;
                }

            case "Directory" or "DirectoryOrCreate":
                Require(Directory.Exists(path), "a directory");
                return;
            case "File" or "FileOrCreate":
                Require(File.Exists(path) && ModeOf(path) == Kind.File, "a file");
                return;
            case "Socket":
                Require(Path.Exists(path) && ModeOf(path) == Kind.Socket, "a socket file");
                return;
            case "CharDevice":
                Require(Path.Exists(path) && ModeOf(path) == Kind.CharDevice, "a character device");
                return;
            case "BlockDevice":
                Require(Path.Exists(path) && ModeOf(path) == Kind.BlockDevice, "a block device");
                return;
            default:
                throw new VolumeException($"{type} is an invalid volume type");
        }

        void Require(bool holds, string what)
        {
            if (!holds)
            {
                throw new VolumeException($"hostPath type check failed: {path} is not {what}");
            }
        }
    }

    private enum Kind
    {
        File,
        Socket,
        CharDevice,
        BlockDevice,
        Other,
    }

    private static Kind ModeOf(string path)
    {
        var entry = Mono.Unix.UnixFileSystemInfo.GetFileSystemEntry(path);
        return entry.FileType switch
        {
            Mono.Unix.FileTypes.RegularFile => Kind.File,
            Mono.Unix.FileTypes.Socket => Kind.Socket,
            Mono.Unix.FileTypes.CharacterDevice => Kind.CharDevice,
            Mono.Unix.FileTypes.BlockDevice => Kind.BlockDevice,
            _ => Kind.Other,
        };
    }
}
