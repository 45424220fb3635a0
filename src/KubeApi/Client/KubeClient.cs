using System.Runtime.CompilerServices;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client.Wire;
using NodeAgent.KubeApi.Credentials;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi.Client;

/// <inheritdoc cref="IKubeClient"/>
/// <remarks>Connects on the first call, not before.</remarks>
public sealed class KubeClient : IKubeClient, IDisposable
{
    private const string AcceptObjects = Envelope.ContentType + ",application/json;q=0.5";

    private readonly ClientTransport _transport;
    private readonly RequestSender _sender;
    private readonly DiscoveryReader _discovery;
    private readonly TimeSpan _eventPause;
    private readonly TimeProvider _time;

    public KubeClient(ClientConfig config, KubeClientOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        (_eventPause, _time) = (options.EventPause, time);
        _transport = new ClientTransport(config, options.EventPause, time, loggers.CreateLogger<ClientTransport>());
        _sender = new RequestSender(_transport, options, time);
        _discovery = new DiscoveryReader(_sender);
    }

    public Uri Server => _transport.Server;

    public Task<T> GetAsync<T>(ResourceType<T> type, string? namespaceName, string name, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new() =>
        SendForObjectAsync(
            new ApiRequest(ResourcePath.Describe("get", type, namespaceName, name), HttpMethod.Get, ResourcePath.Item(type, namespaceName, name, null), AcceptObjects),
            type.Parser,
            cancellationToken);

    public async Task<KubeList<T>> ListAsync<T>(ResourceType<T> type, string? namespaceName, ListOptions options, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var request = new ApiRequest(ResourcePath.Describe("list", type, namespaceName), HttpMethod.Get, ResourcePath.List(type, namespaceName, options), AcceptObjects);
        using var response = await _sender.SendAsync(request, cancellationToken);
        try
        {
            using var reader = new WireReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            return await ListDecoder.ReadAsync(reader, options.ForCache ? type.CacheParser : type.Parser, cancellationToken);
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw new KubeConnectionException(request.Operation, Server, e);
        }
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourceType<T> type, string? namespaceName, WatchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var request = new ApiRequest(ResourcePath.Describe("watch", type, namespaceName), HttpMethod.Get, ResourcePath.Watch(type, namespaceName, options), AcceptObjects, FailsFast: true);
        using var response = await _sender.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        // The connection collects what comes over the wire; this keeps its reader from being woken for each event of that.
        await using var collecting = _eventPause > TimeSpan.Zero ? new CollectingStream(body, options.SendInitialEvents ? TimeSpan.Zero : _eventPause, _time) : null;
        using var reader = new WireReader(collecting ?? body);
        while (await ReadEventAsync(reader, type.CacheParser, request.Operation, cancellationToken) is { } watchEvent)
        {
            if (watchEvent.InitialEventsEnd)
            {
                collecting?.Pause = _eventPause;
            }

            yield return watchEvent;
        }
    }

    public Task<T> CreateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var metadata = value.Metadata;
        var name = metadata is null ? null : metadata.Name.Length > 0 ? metadata.Name : metadata.GenerateName;
        if (type.Namespaced && string.IsNullOrEmpty(metadata?.Namespace))
        {
            throw new ArgumentException($"{type.Plural} {name} has no namespace", nameof(value));
        }

        return SendForObjectAsync(
            new ApiRequest(ResourcePath.Describe("create", type, metadata?.Namespace, name), HttpMethod.Post, ResourcePath.Collection(type, metadata?.Namespace), AcceptObjects, Envelope.Wrap(type.ApiVersion, type.Kind, value), Envelope.ContentType),
            type.Parser,
            cancellationToken);
    }

    public Task<T> UpdateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken, string? subresource = null)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var (namespaceName, name) = (value.Metadata.Namespace, value.Metadata.Name);
        return SendForObjectAsync(
            new ApiRequest(ResourcePath.Describe("update", type, namespaceName, name, subresource), HttpMethod.Put, ResourcePath.Item(type, namespaceName, name, subresource), AcceptObjects, Envelope.Wrap(type.ApiVersion, type.Kind, value), Envelope.ContentType),
            type.Parser,
            cancellationToken);
    }

    public Task<T> PatchAsync<T>(ResourceType<T> type, string? namespaceName, string name, PatchType patchType, ReadOnlyMemory<byte> body, CancellationToken cancellationToken, string? subresource = null)
        where T : class, IKubeObject, IMessage<T>, new() =>
        SendForObjectAsync(
            new ApiRequest(ResourcePath.Describe("patch", type, namespaceName, name, subresource), HttpMethod.Patch, ResourcePath.Item(type, namespaceName, name, subresource), AcceptObjects, body, PatchContentType(patchType)),
            type.Parser,
            cancellationToken);

    public async Task DeleteAsync<T>(ResourceType<T> type, string? namespaceName, string name, DeleteRequest request, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var call = new ApiRequest(ResourcePath.Describe("delete", type, namespaceName, name), HttpMethod.Delete, ResourcePath.Item(type, namespaceName, name, null), AcceptObjects, Envelope.Wrap("v1", "DeleteOptions", ToDeleteOptions(request)), Envelope.ContentType);
        using var response = await _sender.SendAsync(call, cancellationToken);
        await ReadBodyAsync(response, call.Operation, static _ => 0, cancellationToken);
    }

    public Task<TAnswer> PostSubresourceAsync<T, TBody, TAnswer>(ResourceType<T> type, string? namespaceName, string name, string subresource, string apiVersion, string kind, TBody body, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
        where TBody : IMessage
        where TAnswer : IMessage<TAnswer>, new() =>
        SendForObjectAsync(
            new ApiRequest(ResourcePath.Describe("create", type, namespaceName, name, subresource), HttpMethod.Post, ResourcePath.Item(type, namespaceName, name, subresource), AcceptObjects, Envelope.Wrap(apiVersion, kind, body), Envelope.ContentType),
            MessageParsers<TAnswer>.Parser,
            cancellationToken);

    public Task<Discovery> DiscoverAsync(CancellationToken cancellationToken) => _discovery.ReadOnceAsync(cancellationToken);

    public Task<HttpResponseMessage> SendRawAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri ?? throw new ArgumentException("the request has no path", nameof(request));
        request.RequestUri = path.IsAbsoluteUri && path.Scheme != Uri.UriSchemeFile ? path : new Uri(Server, path.OriginalString.TrimStart('/'));
        if (request.RequestUri.Authority != Server.Authority)
        {
            throw new ArgumentException($"{request.RequestUri} is not below {Server}: credentials are not sent there", nameof(request));
        }

        return _sender.SendOnceAsync(request, $"{request.Method} {request.RequestUri.PathAndQuery}", 0, null, true, cancellationToken);
    }

    public void Dispose()
    {
        _discovery.Dispose();
        _transport.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<WatchEvent<T>?> ReadEventAsync<T>(WireReader reader, MessageParser<T> parser, string operation, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        try
        {
            var length = await reader.ReadFrameAsync(cancellationToken);
            if (length < 0)
            {
                return null;
            }

            var watchEvent = WatchDecoder.Read(reader.Peek(length), parser, operation);
            reader.Advance(length);
            return watchEvent;
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw new KubeConnectionException(operation, Server, e);
        }
    }

    private async Task<T> SendForObjectAsync<T>(ApiRequest request, MessageParser<T> parser, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        using var response = await _sender.SendAsync(request, cancellationToken);
        return await ReadBodyAsync(response, request.Operation, body => parser.ParseFrom(Envelope.Unwrap(body.Span, out _)), cancellationToken);
    }

    private async Task<TResult> ReadBodyAsync<TResult>(HttpResponseMessage response, string operation, Func<ReadOnlyMemory<byte>, TResult> read, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = new WireReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            return read(await reader.ReadToEndAsync(cancellationToken));
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw new KubeConnectionException(operation, Server, e);
        }
    }

    private static bool IsBroken(Exception e) => e is HttpRequestException or IOException and not KubeConnectionException or InvalidDataException;

    private static DeleteOptions ToDeleteOptions(DeleteRequest request)
    {
        var options = new DeleteOptions();
        if (request.GracePeriod is { } gracePeriod)
        {
            options.GracePeriodSeconds = (long)gracePeriod.TotalSeconds;
        }

        if (request.Propagation is { } propagation)
        {
            options.PropagationPolicy = propagation;
        }

        if (request.Uid is { } uid)
        {
            (options.Preconditions ??= new Preconditions()).Uid = uid;
        }

        if (request.ResourceVersion is { } resourceVersion)
        {
            (options.Preconditions ??= new Preconditions()).ResourceVersion = resourceVersion;
        }

        return options;
    }

    private static string PatchContentType(PatchType patchType) => patchType switch
    {
        PatchType.Json => "application/json-patch+json",
        PatchType.Merge => "application/merge-patch+json",
        PatchType.StrategicMerge => "application/strategic-merge-patch+json",
        _ => throw new ArgumentOutOfRangeException(nameof(patchType), patchType, null),
    };

    private static class MessageParsers<T>
        where T : IMessage<T>, new()
    {
        public static readonly MessageParser<T> Parser = new(static () => new T());
    }
}
