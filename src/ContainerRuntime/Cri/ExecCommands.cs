using System.ComponentModel;
using System.Runtime.InteropServices;
using NodeAgent.ContainerRuntime.Host;

namespace NodeAgent.ContainerRuntime.Cri;

/// <summary>The commands whose streams the engine serves, and the end of those that their clients left behind.</summary>
/// <remarks>
/// A streaming server lets a command run on when its client's connection breaks, blocked for ever once nobody takes its output,
/// and CRI has no call that ends it. Its process is found by what it runs and since when; where that fits several commands, they
/// are waited for until none of them has a client any more.
/// </remarks>
/// <param name="mainProcess">A container's main process by its number on this host, if it is one of this host's kernel.</param>
/// <param name="time">For the waits between looks.</param>
internal sealed class ExecCommands(Func<string, Task<int?>> mainProcess, TimeProvider time)
{
    /// <summary>An engine may be about to start the command when its client is gone already.</summary>
    private static readonly TimeSpan[] Looks = [TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)];

    private readonly Dictionary<(string Container, string Command), Alike> _running = [];

    public IRemoteCommand Begin(string containerId, IReadOnlyList<string> command)
    {
        var key = (containerId, string.Join('\0', command));
        lock (_running)
        {
            if (!_running.TryGetValue(key, out var alike))
            {
                _running[key] = alike = new Alike();
            }

            alike.Served++;
        }

        return new ServedCommand(this, key, command);
    }

    private void Abandon((string Container, string Command) key, TimeSpan begun)
    {
        lock (_running)
        {
            var alike = _running[key];
            alike.Abandoned++;
            alike.Since = begun < alike.Since ? begun : alike.Since;
        }
    }

    private async Task EndAsync((string Container, string Command) key, IReadOnlyList<string> command)
    {
        Alike alike;
        lock (_running)
        {
            alike = _running[key];
            if (--alike.Served > 0)
            {
                return;
            }

            _running.Remove(key);
        }

        var ended = 0;
        foreach (var look in Looks)
        {
            if (ended >= alike.Abandoned)
            {
                return;
            }

            await Task.Delay(look, time);
            ended += Kill(await mainProcess(key.Container), command, alike.Since);
        }
    }

    private static int Kill(int? mainProcess, IReadOnlyList<string> command, TimeSpan since)
    {
        var processes = mainProcess is { } main ? ExecProcesses.Find(main, command, since) : [];
        foreach (var process in processes)
        {
            if (Libc.Kill(process, Libc.SigKill) != 0 && Marshal.GetLastPInvokeError() != Libc.NoSuchProcess)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError(), $"cannot kill process {process} of a command that its client left: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }

        return processes.Count;
    }

    /// <summary>Commands in one container that cannot be told from each other.</summary>
    private sealed class Alike
    {
        public int Served { get; set; }

        public int Abandoned { get; set; }

        /// <summary>When the first of those that were abandoned was asked for.</summary>
        public TimeSpan Since { get; set; } = TimeSpan.MaxValue;
    }

    private sealed class ServedCommand(ExecCommands all, (string Container, string Command) key, IReadOnlyList<string> command) : IRemoteCommand
    {
        // The kernel rounds the start of a process down.
        private readonly TimeSpan _begun = Libc.UpTime() - TimeSpan.FromMilliseconds(10);

        public void Abandon() => all.Abandon(key, _begun);

        public async ValueTask DisposeAsync() => await all.EndAsync(key, command);
    }
}
