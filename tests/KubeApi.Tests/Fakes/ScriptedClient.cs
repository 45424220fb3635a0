using System.Threading.Channels;
using Google.Protobuf;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.KubeApi.Tests.Fakes;

/// <summary>A client whose lists and watch events of pods a test hands in, without HTTP between.</summary>
internal sealed class ScriptedClient : IKubeClient
{
    public Uri Server { get; } = new("https://scripted/");

    public Channel<KubeList<Pod>> Lists { get; } = Channel.CreateUnbounded<KubeList<Pod>>();

    /// <summary>A null event breaks the watch as a server does that no longer has the revision.</summary>
    public Channel<WatchEvent<Pod>?> Events { get; } = Channel.CreateUnbounded<WatchEvent<Pod>?>();

    public void GiveList(params Pod[] pods) => Assert.True(Lists.Writer.TryWrite(new KubeList<Pod>(pods, "1", null)));

    public void Give(WatchEventType type, Pod pod) => Assert.True(Events.Writer.TryWrite(new WatchEvent<Pod>(type, pod)));

    public void GiveGone() => Assert.True(Events.Writer.TryWrite(null));

    public async Task<KubeList<T>> ListAsync<T>(ResourceType<T> type, string? namespaceName, ListOptions options, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new() => (KubeList<T>)(object)await Lists.Reader.ReadAsync(cancellationToken);

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourceType<T> type, string? namespaceName, WatchOptions options, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        await foreach (var next in Events.Reader.ReadAllAsync(cancellationToken))
        {
            var item = next ?? throw new KubeApiException("watch pods", System.Net.HttpStatusCode.Gone, "Expired", "too old");
            yield return new WatchEvent<T>(item.Type, (T)(object)item.Object, item.InitialEventsEnd);
        }
    }

    public Task<NodeAgent.KubeApi.Client.Discovery> DiscoverAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new NodeAgent.KubeApi.Client.Discovery("v1.20.2", new HashSet<(string, string)>()));

    public Task<T> GetAsync<T>(ResourceType<T> type, string? namespaceName, string name, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new() => throw new NotSupportedException();

    public Task<T> CreateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new() => throw new NotSupportedException();

    public Task<T> UpdateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken, string? subresource = null)
        where T : class, IKubeObject, IMessage<T>, new() => throw new NotSupportedException();

    public Task<T> PatchAsync<T>(ResourceType<T> type, string? namespaceName, string name, PatchType patchType, ReadOnlyMemory<byte> body, CancellationToken cancellationToken, string? subresource = null)
        where T : class, IKubeObject, IMessage<T>, new() => throw new NotSupportedException();

    public Task DeleteAsync<T>(ResourceType<T> type, string? namespaceName, string name, DeleteRequest request, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new() => throw new NotSupportedException();

    public Task<TAnswer> PostSubresourceAsync<T, TBody, TAnswer>(ResourceType<T> type, string? namespaceName, string name, string subresource, string apiVersion, string kind, TBody body, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
        where TBody : IMessage
        where TAnswer : IMessage<TAnswer>, new() => throw new NotSupportedException();

    public Task<HttpResponseMessage> SendRawAsync(HttpRequestMessage request, CancellationToken cancellationToken) => throw new NotSupportedException();
}
