using System.Net.Sockets;
using System.Text;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Engine;

/// <summary>A unix socket that answers HTTP as a test tells it: each connection is given to a function.</summary>
internal sealed class FakeDocker : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-fake-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _requests = [];
    private readonly Task _serving;

    /// <param name="answer">The bytes for a request line; null to say nothing.</param>
    public FakeDocker(Func<string, string?> answer)
    {
        SocketPath = Path.Combine(_folder, "docker.sock");
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen();
        _serving = ServeAsync(answer);
    }

    public string SocketPath { get; }

    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>An answer with a length, as the engine gives one.</summary>
    public static string Answer(string body, string status = "200 OK", string headers = "") =>
        $"HTTP/1.1 {status}\r\nApi-Version: 1.41\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        Directory.Delete(_folder, recursive: true);
        _stop.Dispose();
    }

    private async Task ServeAsync(Func<string, string?> answer)
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token), answer));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket connection, Func<string, string?> answer)
    {
        using (connection)
        using (var reader = new StreamReader(new NetworkStream(connection)))
        {
            try
            {
                while (await reader.ReadLineAsync(_stop.Token) is { } line)
                {
                    await SkipAsync(reader);
                    lock (_requests)
                    {
                        _requests.Add(line);
                    }

                    if (answer(line) is { } text)
                    {
                        await connection.SendAsync(Encoding.UTF8.GetBytes(text), _stop.Token);
                    }
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
            {
                // The test is over, or its client went away.
            }
        }
    }

    private async Task SkipAsync(StreamReader reader)
    {
        var length = 0;
        while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } header)
        {
            if (header.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            {
                length = int.Parse(header["Content-Length:".Length..], System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        if (length > 0)
        {
            await reader.ReadBlockAsync(new char[length], _stop.Token);
        }
    }
}
