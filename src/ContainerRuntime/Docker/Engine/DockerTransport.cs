using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace NodeAgent.ContainerRuntime.Docker.Engine;

/// <summary>HTTP requests to a Docker Engine on a unix socket: JSON calls, streams of JSON lines, and hijacked connections.</summary>
/// <remarks>
/// Every call has a connection of its own while it runs, so that one that hangs holds up nobody else. The API version is
/// agreed on with the engine on first use, and again after the engine was away: it may come back as another release.
/// </remarks>
internal sealed class DockerTransport : IDisposable
{
    private static readonly Version NewestVersion = new(1, 47);

    private readonly string _socketPath;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;
    private volatile Version? _version;

    public DockerTransport(string socketPath, TimeSpan timeout, TimeProvider time)
    {
        _socketPath = socketPath;
        _timeout = timeout;
        _time = time;
        _http = new HttpMessageInvoker(CreateHandler(null));
    }

    /// <summary>For a call that does not set its own.</summary>
    public TimeSpan Timeout => _timeout;

    public async ValueTask<Version> VersionAsync(CancellationToken cancellationToken)
    {
        if (_version is { } known)
        {
            return known;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, "http://docker/_ping");
        using var response = await WithTimeoutAsync(_timeout, "/_ping", token => ConnectedAsync(() => _http.SendAsync(request, token)), cancellationToken);
        await ThrowOnErrorAsync(response, cancellationToken);
        var text = response.Headers.TryGetValues("Api-Version", out var values) ? values.First() : "";
        if (!Version.TryParse(text, out var served))
        {
            throw new DockerApiException(HttpStatusCode.NotImplemented, $"the engine at {_socketPath} tells no API version (\"{text}\"); Docker Engine 20.10 or later is needed");
        }

        var agreed = served < NewestVersion ? served : NewestVersion;
        _version = agreed;
        return agreed;
    }

    /// <summary>A call whose answer is not read.</summary>
    public async Task<HttpStatusCode> SendAsync(HttpMethod method, string path, CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        return await WithTimeoutAsync(timeout ?? _timeout, path, async token =>
        {
            using var response = await RequestAsync(method, path, null, [], token);
            return response.StatusCode;
        }, cancellationToken);
    }

    public async Task<TResult> SendAsync<TResult>(HttpMethod method, string path, JsonTypeInfo<TResult> result, CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        return await WithTimeoutAsync(timeout ?? _timeout, path, async token =>
        {
            using var response = await RequestAsync(method, path, null, [], token);
            return await ReadAsync(response, result, token);
        }, cancellationToken);
    }

    public async Task<TResult> SendAsync<TBody, TResult>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TResult> result, CancellationToken cancellationToken)
    {
        return await WithTimeoutAsync(_timeout, path, async token =>
        {
            using var response = await RequestAsync(method, path, JsonContent(body, bodyType), [], token);
            return await ReadAsync(response, result, token);
        }, cancellationToken);
    }

    /// <summary>An answer of JSON values, one a line, each as it comes.</summary>
    /// <param name="idleTimeout">How long the engine may say nothing; infinite for events.</param>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        HttpMethod method, string path, IReadOnlyList<(string Name, string Value)> headers, JsonTypeInfo<T> type, TimeSpan idleTimeout,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        using var response = await WithTimeoutAsync(
            idleTimeout, path, token => RequestAsync(method, path, null, headers, token), cancellationToken);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await WithTimeoutAsync(idleTimeout, path, token => lines.ReadLineAsync(token).AsTask(), cancellationToken) is { } line)
        {
            if (line.Length > 0 && JsonSerializer.Deserialize(line, type) is { } value)
            {
                yield return value;
            }
        }
    }

    /// <summary>Takes the connection over from HTTP: what follows the answer's headers are the raw streams of a process.</summary>
    public async Task<HijackedConnection> HijackAsync<TBody>(string path, TBody? body, JsonTypeInfo<TBody> bodyType, CancellationToken cancellationToken)
        where TBody : class
    {
        Socket? socket = null;
        var http = new HttpMessageInvoker(CreateHandler(s => socket = s));
        try
        {
            return await WithTimeoutAsync(_timeout, path, async token =>
            {
                using var request = await CreateRequestAsync(HttpMethod.Post, path, body is null ? null : JsonContent(body, bodyType), [], token);
                request.Headers.Connection.Add("Upgrade");
                request.Headers.Upgrade.Add(new ProductHeaderValue("tcp"));
                var response = await ConnectedAsync(() => http.SendAsync(request, token));
                await ThrowOnErrorAsync(response, token);
                if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
                {
                    throw new DockerApiException(response.StatusCode, $"the engine did not hand the connection over (HTTP {(int)response.StatusCode})");
                }

                var stream = await response.Content.ReadAsStreamAsync(token);
                return new HijackedConnection(stream, socket!, http);
            }, cancellationToken);
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    public void Dispose() => _http.Dispose();

    private SocketsHttpHandler CreateHandler(Action<Socket>? connected) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectCallback = async (_, token) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socketPath), token);
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            connected?.Invoke(socket);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };

    private static ByteArrayContent JsonContent<T>(T value, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private async Task<HttpRequestMessage> CreateRequestAsync(
        HttpMethod method, string path, HttpContent? content, IReadOnlyList<(string Name, string Value)> headers, CancellationToken cancellationToken)
    {
        var version = await VersionAsync(cancellationToken);
        var request = new HttpRequestMessage(method, string.Create(CultureInfo.InvariantCulture, $"http://docker/v{version.Major}.{version.Minor}{path}"))
        {
            Content = content,
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    private async Task<HttpResponseMessage> RequestAsync(
        HttpMethod method, string path, HttpContent? content, IReadOnlyList<(string Name, string Value)> headers, CancellationToken cancellationToken)
    {
        using var request = await CreateRequestAsync(method, path, content, headers, cancellationToken);
        var response = await ConnectedAsync(() => _http.SendAsync(request, cancellationToken));
        await ThrowOnErrorAsync(response, cancellationToken);
        return response;
    }

    private async Task<HttpResponseMessage> ConnectedAsync(Func<Task<HttpResponseMessage>> send)
    {
        try
        {
            return await send();
        }
        catch (HttpRequestException e)
        {
            _version = null;
            throw new DockerUnreachableException(_socketPath, e);
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonSerializer.DeserializeAsync(body, type, cancellationToken)
            ?? throw new DockerApiException(response.StatusCode, "the engine answered with JSON null");
    }

    private static async Task ThrowOnErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if ((int)response.StatusCode < 400)
        {
            return;
        }

        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            string? message = null;
            try
            {
                message = JsonSerializer.Deserialize(text, DockerJson.Default.ErrorResponse)?.Message;
            }
            catch (JsonException)
            {
                // Not every error of a proxy or an older engine is JSON; the text itself is then the message.
            }

            throw new DockerApiException(response.StatusCode, message ?? (text.Length > 0 ? text.Trim() : response.ReasonPhrase ?? "no message"));
        }
    }

    private async Task<T> WithTimeoutAsync<T>(TimeSpan timeout, string what, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var own = new CancellationTokenSource(timeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(own.Token, cancellationToken);
        try
        {
            return await call(linked.Token);
        }
        catch (OperationCanceledException) when (own.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new DockerTimeoutException(string.Create(
                CultureInfo.InvariantCulture, $"the engine at {_socketPath} did not answer {what.Split('?')[0]} within {timeout.TotalSeconds:0.#} s"));
        }
    }
}
