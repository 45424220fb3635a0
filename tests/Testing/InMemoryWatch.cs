using System.Threading.Channels;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Testing;

/// <summary>One open watch of an <see cref="InMemoryKubeClient"/>.</summary>
internal sealed class InMemoryWatch<T>(ObjectFilter filter)
{
    private readonly Channel<WatchEvent<T>> _channel = Channel.CreateUnbounded<WatchEvent<T>>();

    public ObjectFilter Filter { get; } = filter;

    public ChannelReader<WatchEvent<T>> Events => _channel.Reader;

    public void Send(WatchEvent<T> change) => _channel.Writer.TryWrite(change);

    public void End(Exception? error) => _channel.Writer.TryComplete(error);
}
