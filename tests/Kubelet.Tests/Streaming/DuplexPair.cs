using System.Net.Sockets;

namespace NodeAgent.Kubelet.Tests.Streaming;

/// <summary>Two ends of a connection, without the network.</summary>
internal static class DuplexPair
{
    public static async Task<(Stream One, Stream Other)> CreateAsync()
    {
        var path = Path.Combine(Path.GetTempPath(), $"pair-{Guid.NewGuid():n}.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var one = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await one.ConnectAsync(new UnixDomainSocketEndPoint(path));
        var other = await listener.AcceptAsync();
        File.Delete(path);
        return (new NetworkStream(one, ownsSocket: true), new NetworkStream(other, ownsSocket: true));
    }
}
