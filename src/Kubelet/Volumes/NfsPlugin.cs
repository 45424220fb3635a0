using System.Diagnostics;
using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>A folder of an NFS server, mounted by the host's mount helper (nfs-common or nfs-utils).</summary>
internal sealed class NfsPlugin : IVolumePlugin
{
    private static readonly TimeSpan LongestMount = TimeSpan.FromMinutes(2);

    public string Name => "kubernetes.io/nfs";

    public bool Supports(VolumeSpec spec) => Of(spec) is not null;

    public async Task<ReadyVolume> SetUpAsync(VolumeContext context, CancellationToken cancellationToken)
    {
        var source = Of(context.Spec)!;
        var readOnly = source.ReadOnly || context.Spec.IsClaimReadOnly;
        if (!MountTable.IsMountPoint(context.Directory))
        {
            Directory.CreateDirectory(context.Directory);
            await MountAsync(Arguments(source, context.Spec.Persistent?.Spec.MountOptions ?? [], readOnly, context.Directory), cancellationToken);
        }

        return new ReadyVolume(context.Directory, readOnly);
    }

    internal static IReadOnlyList<string> Arguments(NFSVolumeSource source, IEnumerable<string> mountOptions, bool readOnly, string target)
    {
        List<string> options = [.. mountOptions];
        if (readOnly)
        {
            options.Insert(0, "ro");
        }

        var server = source.Server.Contains(':', StringComparison.Ordinal) && !source.Server.StartsWith('[') ? $"[{source.Server}]" : source.Server;
        return ["-t", "nfs", .. options.Count > 0 ? ["-o", string.Join(',', options)] : Array.Empty<string>(), $"{server}:{source.Path}", target];
    }

    private static NFSVolumeSource? Of(VolumeSpec spec) => spec.Persistent is null ? spec.Source.Nfs : spec.PersistentSource?.Nfs;

    private static async Task MountAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(LongestMount);
        using var process = Process.Start(new ProcessStartInfo("mount", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })
            ?? throw new VolumeException("mount cannot be started");
        try
        {
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            if (process.ExitCode != 0)
            {
                throw new VolumeException($"mount failed: exit status {process.ExitCode}\nMounting command: mount\nMounting arguments: {string.Join(' ', arguments)}\nOutput: {(await errors + await output).Trim()}");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill();
            throw new VolumeException($"mount {string.Join(' ', arguments)} did not end within {LongestMount.TotalSeconds:0} s");
        }
    }
}
