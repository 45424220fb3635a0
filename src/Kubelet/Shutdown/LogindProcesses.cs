using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace NodeAgent.Kubelet.Shutdown;

/// <summary>
/// Talks to logind by systemd's own programs, which every host that has logind has: <c>systemd-inhibit</c> holds the lock,
/// <c>busctl</c> asks and listens.
/// </summary>
internal sealed class LogindProcesses : ILogind
{
    private const string DropIn = "/etc/systemd/logind.conf.d/99-kubelet.conf";
    private const string Service = "org.freedesktop.login1";
    private const string ObjectPath = "/org/freedesktop/login1";
    private const string Manager = "org.freedesktop.login1.Manager";

    public async Task<TimeSpan> ReadMaxDelayAsync(CancellationToken cancellationToken)
    {
        // "t 5000000", in microseconds.
        var answer = await RunAsync("busctl", ["get-property", Service, ObjectPath, Manager, "InhibitDelayMaxUSec"], cancellationToken);
        return answer.Trim().Split(' ') is ["t", var text] && long.TryParse(text, CultureInfo.InvariantCulture, out var microseconds)
            ? TimeSpan.FromMicroseconds(microseconds)
            : throw new IOException($"logind's InhibitDelayMaxUSec cannot be read: \"{answer.Trim()}\"");
    }

    public async Task RaiseMaxDelayAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        const string Hangup = "1";
        Directory.CreateDirectory(Path.GetDirectoryName(DropIn)!);
        await File.WriteAllTextAsync(DropIn, $"# Kubelet logind override\n[Login]\nInhibitDelayMaxSec={delay.TotalSeconds:0}\n", cancellationToken);
        await RunAsync("busctl", ["call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "KillUnit", "ssi", "systemd-logind.service", "all", Hangup], cancellationToken);
    }

    public IDisposable Inhibit()
    {
        // Ends when its input does, so that the lock never outlives this process.
        var process = Start("systemd-inhibit", ["--what=shutdown", "--who=kubelet", "--why=Kubelet needs time to handle node shutdown", "--mode=delay", "cat"], withInput: true);
        return new Held(process);
    }

    public async IAsyncEnumerable<bool> ShutdownsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var process = Start("busctl", ["monitor", "--json=short", "--match", $"type='signal',interface='{Manager}',member='PrepareForShutdown'"], withInput: false);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
            {
                if (Parse(line) is { } begins)
                {
                    yield return begins;
                }
            }
        }
        finally
        {
            process.Kill();
        }
    }

    /// <returns>What the signal says; null when the line is another message.</returns>
    internal static bool? Parse(string line)
    {
        try
        {
            using var message = JsonDocument.Parse(line);
            var root = message.RootElement;
            return root.TryGetProperty("member", out var member) && member.GetString() == "PrepareForShutdown"
                ? root.GetProperty("payload").GetProperty("data")[0].GetBoolean()
                : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // busctl's own remarks.
            return null;
        }
    }

    private static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Start(program, arguments, withInput: false);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? output : throw new IOException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    private static Process Start(string program, IReadOnlyList<string> arguments, bool withInput)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardInput = withInput };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            return Process.Start(start) ?? throw new IOException($"{program} could not be started");
        }
        catch (Win32Exception e)
        {
            throw new IOException($"{program} could not be started: {e.Message}", e);
        }
    }

    private sealed class Held(Process process) : IDisposable
    {
        private Process? _process = process;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _process, null) is { } held)
            {
                held.StandardInput.Close();
                held.Dispose();
            }
        }
    }
}
