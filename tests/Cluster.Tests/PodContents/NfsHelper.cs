using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.PodContents;

/// <summary>
/// The mount helper of NFS, where the kernel has no NFS: it binds a folder in place of the server's, writes down how it was called,
/// and refuses what is named so. One test at a time has it, over all processes.
/// </summary>
internal sealed class NfsHelper : IAsyncDisposable
{
    private const string Path = "/sbin/mount.nfs";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly FileStream _turn;
    private readonly bool _isMade = !File.Exists(Path);

    private NfsHelper(FileStream turn)
    {
        _turn = turn;
    }

    /// <param name="folder">Its subfolder <c>exports</c> is what the server exports, its file <c>calls</c> has the arguments of each call.</param>
    public static async Task<NfsHelper> InstallAsync(string folder)
    {
        var helper = new NfsHelper(await TakeTurnAsync());
        var script = System.IO.Path.Combine(Directory.CreateDirectory(System.IO.Path.Combine(folder, "exports")).Parent!.FullName, "mount.nfs");
        await File.WriteAllTextAsync(script, $$"""
            #!/bin/sh
            echo "$*" >>{{folder}}/calls
            case $1 in *refused*) echo "mount.nfs: access denied by server while mounting $1" >&2; exit 32 ;; esac
            mount --bind "{{folder}}/exports${1##*:}" "$2" || exit
            case " $* " in *" ro,"* | *" ro "*) mount -o remount,bind,ro "$2" ;; esac

            """);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (helper._isMade)
        {
            await File.WriteAllTextAsync(Path, "");
        }

        await Command.RunAsync("mount", ["--bind", script, Path]);
        return helper;
    }

    public async ValueTask DisposeAsync()
    {
        await Command.RunAsync("umount", [Path], throwOnFailure: false);
        if (_isMade)
        {
            File.Delete(Path);
        }

        await _turn.DisposeAsync();
    }

    private static async Task<FileStream> TakeTurnAsync()
    {
        FileStream? turn = null;
        await Wait.UntilAsync("the mount helper of NFS to be free", Patience, () =>
        {
            try
            {
                turn = new FileStream(System.IO.Path.Combine(System.IO.Path.GetTempPath(), "na-mount-nfs.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                turn = null;
            }

            return Task.FromResult(turn is not null);
        }, interval: TimeSpan.FromMilliseconds(200));
        return turn!;
    }
}
