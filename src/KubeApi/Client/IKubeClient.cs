using Google.Protobuf;

namespace NodeAgent.KubeApi.Client;

/// <summary>
/// Typed calls to one kube-apiserver. Objects travel as protobuf. Every call honours the client's rate limit, waits out
/// 429 answers with Retry-After, and throws <see cref="KubeApiException"/> when the server answers with a failure and
/// <see cref="KubeConnectionException"/> (an <see cref="IOException"/>) when there is no answer.
/// </summary>
/// <remarks>
/// <c>namespaceName</c> is null for cluster-scoped resources; for lists and watches it is null to mean all namespaces.
/// Implementations are safe for concurrent use.
/// </remarks>
public interface IKubeClient
{
    /// <summary>The address of the API server, for messages and for service variables.</summary>
    Uri Server { get; }

    Task<T> GetAsync<T>(ResourceType<T> type, string? namespaceName, string name, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new();

    /// <summary>One page of a list (all of it when <see cref="ListOptions.Limit"/> is null).</summary>
    Task<KubeList<T>> ListAsync<T>(ResourceType<T> type, string? namespaceName, ListOptions options, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new();

    /// <summary>
    /// Events of a watch until the server closes it (the sequence ends) or it breaks (<see cref="IOException"/> or
    /// <see cref="KubeApiException"/>, with <see cref="KubeApiException.IsGone"/> when the resource version is too old).
    /// </summary>
    IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourceType<T> type, string? namespaceName, WatchOptions options, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new();

    /// <summary>Creates the object in the namespace that its metadata names.</summary>
    Task<T> CreateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new();

    /// <summary>Replaces the object; the resource version in its metadata, when set, is the precondition.</summary>
    Task<T> UpdateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken, string? subresource = null)
        where T : class, IKubeObject, IMessage<T>, new();

    /// <summary>Patches the object or one of its subresources (<c>status</c>); the body is JSON in every patch type.</summary>
    Task<T> PatchAsync<T>(ResourceType<T> type, string? namespaceName, string name, PatchType patchType, ReadOnlyMemory<byte> body, CancellationToken cancellationToken, string? subresource = null)
        where T : class, IKubeObject, IMessage<T>, new();

    /// <summary>Deletes the object; with <see cref="DeleteRequest.Uid"/> set only that very object.</summary>
    Task DeleteAsync<T>(ResourceType<T> type, string? namespaceName, string name, DeleteRequest request, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new();

    /// <summary>
    /// Posts a message that is not itself stored to a subresource: a Binding to <c>pods/binding</c>, an Eviction to
    /// <c>pods/eviction</c>, a TokenRequest to <c>serviceaccounts/token</c>. The answer is parsed as <typeparamref name="TAnswer"/>.
    /// </summary>
    Task<TAnswer> PostSubresourceAsync<T, TBody, TAnswer>(ResourceType<T> type, string? namespaceName, string name, string subresource, string apiVersion, string kind, TBody body, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
        where TBody : IMessage
        where TAnswer : IMessage<TAnswer>, new();

    /// <summary>The groups, versions and resources that this server serves, asked once and remembered.</summary>
    Task<Discovery> DiscoverAsync(CancellationToken cancellationToken);

    /// <summary>A raw request to a path below the server's address, for health checks and resources without a schema here.</summary>
    Task<HttpResponseMessage> SendRawAsync(HttpRequestMessage request, CancellationToken cancellationToken);
}
