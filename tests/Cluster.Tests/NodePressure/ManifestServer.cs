using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeAgent.DevCluster.Network;

namespace NodeAgent.Cluster.Tests.NodePressure;

/// <summary>Answers every HTTP request on the loopback of a network namespace with one text, which can be changed.</summary>
public sealed class ManifestServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private volatile string _text = "";
    private volatile string _lastRequest = "";

    private ManifestServer(Socket listener)
    {
        _listener = listener;
        Address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}/manifests";
        _serving = ServeAsync();
    }

    public string Address { get; }

    /// <summary>What is answered from now on.</summary>
    public string Text
    {
        set => _text = value;
    }

    /// <summary>The head of the request that came last.</summary>
    public string LastRequest => _lastRequest;

    public static ManifestServer Start(string namespaceName)
    {
        var listener = NamespaceSockets.Tcp(namespaceName, AddressFamily.InterNetwork);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return new ManifestServer(listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            using var connection = await _listener.AcceptAsync(_stop.Token);
            try
            {
                await AnswerAsync(connection);
            }
            catch (IOException)
            {
                // The client went away; it asks again.
            }
        }
    }

    private async Task AnswerAsync(Socket connection)
    {
        using var stream = new NetworkStream(connection);
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var head = new StringBuilder();
        while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } line)
        {
            head.Append(line).Append('\n');
        }

        _lastRequest = head.ToString();
        var body = Encoding.UTF8.GetBytes(_text);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), _stop.Token);
        await stream.WriteAsync(body, _stop.Token);
    }
}
