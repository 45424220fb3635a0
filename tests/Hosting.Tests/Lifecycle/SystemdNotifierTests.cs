using System.Net.Sockets;
using System.Text;
using NodeAgent.Hosting.Lifecycle;

namespace NodeAgent.Hosting.Tests.Lifecycle;

public class SystemdNotifierTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ready_RealSocket_ReceivesTheMessages(bool isAbstract)
    {
        var name = $"nodeagent-notify-{Guid.NewGuid():N}";
        var path = isAbstract ? "@" + name : Path.Combine(Path.GetTempPath(), name);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        socket.Bind(new UnixDomainSocketEndPoint(isAbstract ? "\0" + name : path));
        try
        {
            var notifier = new SystemdNotifier(path);
            Assert.True(notifier.Ready("serving\n2 pods"));
            Assert.True(notifier.Reloading());
            Assert.True(notifier.Watchdog());
            Assert.True(notifier.Stopping());
            Assert.Equal("READY=1\nSTATUS=serving 2 pods", Receive(socket));
            Assert.Matches("^RELOADING=1\nMONOTONIC_USEC=[0-9]{6,}$", Receive(socket));
            Assert.Equal("WATCHDOG=1", Receive(socket));
            Assert.Equal("STOPPING=1", Receive(socket));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("relative")]
    [InlineData("/no/such/socket")]
    public void Ready_NoSocket_DoesNothing(string? path) => Assert.False(new SystemdNotifier(path).Ready());

    [Theory]
    [InlineData("20000000", null, 20.0)]
    [InlineData("20000000", "self", 20.0)]
    [InlineData("20000000", "1", null)]
    [InlineData("x", null, null)]
    [InlineData(null, null, null)]
    public void FromEnvironment_Watchdog_IsOursOnly(string? microseconds, string? pid, double? seconds)
    {
        var variables = new Dictionary<string, string?>
        {
            ["NOTIFY_SOCKET"] = "@x",
            ["WATCHDOG_USEC"] = microseconds,
            ["WATCHDOG_PID"] = pid == "self" ? Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture) : pid,
        };
        Assert.Equal(seconds, SystemdNotifier.FromEnvironment(variables.GetValueOrDefault).WatchdogInterval?.TotalSeconds);
    }

    private static string Receive(Socket socket)
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
