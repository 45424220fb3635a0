using System.ComponentModel;
using System.Diagnostics;
using Mono.Unix.Native;
using NodeAgent.Hosting.Config;

namespace NodeAgent.Kubelet.Users;

/// <summary>What the host sets apart for pods: the subordinate ids of the user kubelet, in /etc/subuid and /etc/subgid or wherever getsubids has them from.</summary>
internal static class SubordinateIds
{
    private const string User = "kubelet";
    private const string Program = "getsubids";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <returns>What the host says, or the default when it has no such user or no getsubids.</returns>
    /// <exception cref="ConfigException">There is the user, and its ids cannot be told or do not do.</exception>
    public static async Task<IdRange> FindAsync(uint perPod, int maxPods, CancellationToken cancellationToken)
    {
        var ids = HasUser() ? await AskAsync(cancellationToken) : null;
        var chosen = ids ?? PodIds.Default(perPod);
        return PodIds.Check(chosen, perPod, maxPods) is { } error
            ? throw new ConfigException(ids is null ? "the users for pods' user namespaces" : $"the subordinate ids of the user {User}, by {Program}", error)
            : chosen;
    }

    private static bool HasUser() => Syscall.getpwnam(User) is not null || Stdlib.GetLastError() switch
    {
        // The ways of saying that there is none.
        0 or Errno.ENOENT or Errno.ESRCH or Errno.EBADF or Errno.EPERM => false,
        var error => throw new ConfigException($"the user {User}", $"cannot be looked up: {Stdlib.strerror(error)}"),
    };

    /// <returns>Null when there is no getsubids.</returns>
    private static async Task<IdRange?> AskAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            var users = await RunAsync([User], deadline.Token);
            var groups = await RunAsync(["-g", User], deadline.Token);
            return users == groups
                ? PodIds.ParseGetsubids(users)
                : throw new ConfigException($"the subordinate ids of the user {User}", $"users and groups differ (\"{users.Trim()}\", \"{groups.Trim()}\"): make its lines in /etc/subuid and /etc/subgid the same");
        }
        catch (Win32Exception e) when (e.NativeErrorCode == (int)Errno.ENOENT)
        {
            return null;
        }
        catch (InvalidDataException e)
        {
            throw new ConfigException($"the subordinate ids of the user {User}", e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ConfigException($"the subordinate ids of the user {User}", $"{Program} did not end within {Patience.TotalSeconds:0} s");
        }
    }

    /// <exception cref="Win32Exception">There is no such program.</exception>
    private static async Task<string> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? await output
                : throw new ConfigException($"the subordinate ids of the user {User}", $"{Program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {(await errors).Trim()}; give the user a range in /etc/subuid and /etc/subgid, or remove the user");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
