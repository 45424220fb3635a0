using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeAgent.DevCluster.Network;

namespace NodeAgent.Bench.Proxy;

/// <summary>Connects to Services from a network namespace.</summary>
internal sealed class ServiceProbe(string namespaceName)
{
    /// <summary>Thousands of ports that wait for their time to pass would be what later connections take long for.</summary>
    private static readonly LingerOption ResetOnClose = new(enable: true, seconds: 0);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>Connects again and again until the wanted endpoint answers, and gives the moment, as <see cref="Stopwatch.GetTimestamp"/> does.</summary>
    public async Task<long> UntilAsync(string service, string endpoint, TimeSpan patience)
    {
        var started = Stopwatch.GetTimestamp();
        while (await AskAsync(service) != endpoint)
        {
            if (Stopwatch.GetElapsedTime(started) > patience)
            {
                throw new TimeoutException($"waited {patience.TotalSeconds:F0} s for {endpoint} to answer at {service}");
            }

            await Task.Delay(Pause);
        }

        return Stopwatch.GetTimestamp();
    }

    /// <summary>The median of the time that a new connection takes, in microseconds.</summary>
    public double MedianConnect(string service, int times) => NamespaceSockets.In(namespaceName, () =>
    {
        var to = new IPEndPoint(IPAddress.Parse(service), 80);
        var taken = new List<double>();
        for (var i = 0; i < times; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.LingerState = ResetOnClose;
            var started = Stopwatch.GetTimestamp();
            socket.Connect(to);
            taken.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        taken.Sort();
        return taken[times / 2];
    });

    /// <returns>Empty when nothing answers.</returns>
    private async Task<string> AskAsync(string service)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            using var socket = NamespaceSockets.Tcp(namespaceName, AddressFamily.InterNetwork);
            socket.LingerState = ResetOnClose;
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(service), 80), patience.Token);
            var buffer = new byte[64];
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, SocketFlags.None, patience.Token));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return "";
        }
    }
}
