using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace NodeAgent.Hosting.Lifecycle;

/// <summary>Tells systemd how the service is, over the datagram socket that NOTIFY_SOCKET names; does nothing when there is none.</summary>
/// <remarks>A message that cannot be delivered is not an error of the daemon: it is reported by the result and otherwise left.</remarks>
public sealed class SystemdNotifier
{
    private readonly string? _address;

    /// <param name="notifySocket">A path, or <c>@name</c> for an abstract socket; null when not run by systemd.</param>
    /// <param name="watchdogInterval">How often systemd wants to hear of us; null when it does not.</param>
    public SystemdNotifier(string? notifySocket, TimeSpan? watchdogInterval = null)
    {
        _address = notifySocket is { Length: > 1 } && notifySocket[0] is '/' or '@' ? notifySocket : null;
        WatchdogInterval = _address is null ? null : watchdogInterval;
    }

    public bool Enabled => _address is not null;

    public TimeSpan? WatchdogInterval { get; }

    /// <summary>From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.</summary>
    public static SystemdNotifier FromEnvironment(Func<string, string?> variable)
    {
        TimeSpan? watchdog = null;
        var pid = variable("WATCHDOG_PID");
        if ((string.IsNullOrEmpty(pid) || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            && long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0)
        {
            watchdog = TimeSpan.FromMicroseconds(microseconds);
        }

        return new SystemdNotifier(variable("NOTIFY_SOCKET"), watchdog);
    }

    public bool Ready(string? status = null) => Send(status is null ? "READY=1" : $"READY=1\nSTATUS={OneLine(status)}");

    public bool Status(string status) => Send($"STATUS={OneLine(status)}");

    public bool Stopping() => Send("STOPPING=1");

    /// <summary>To be followed by <see cref="Ready"/> when the reload is over.</summary>
    public bool Reloading()
    {
        // Stopwatch reads CLOCK_MONOTONIC on Linux, which is what systemd compares with.
        var microseconds = (long)(Stopwatch.GetTimestamp() * (1_000_000.0 / Stopwatch.Frequency));
        return Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={microseconds}"));
    }

    public bool Watchdog() => Send("WATCHDOG=1");

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private bool Send(string message)
    {
        if (_address is null)
        {
            return false;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(message), new UnixDomainSocketEndPoint(_address[0] == '@' ? "\0" + _address[1..] : _address));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
