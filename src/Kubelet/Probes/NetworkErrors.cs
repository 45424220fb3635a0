using System.Net.Sockets;

namespace NodeAgent.Kubelet.Probes;

/// <summary>Why a container could not be reached, in the words that events of failed probes have always had.</summary>
internal static class NetworkErrors
{
    public static string Text(Exception error) => Find(error) switch
    {
        SocketError.ConnectionRefused => "connect: connection refused",
        SocketError.HostUnreachable => "connect: no route to host",
        SocketError.NetworkUnreachable => "connect: network is unreachable",
        SocketError.TimedOut => "connect: connection timed out",
        SocketError.ConnectionReset => "read: connection reset by peer",
        _ when error is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => "EOF",
        _ => error.Message,
    };

    private static SocketError? Find(Exception? error) => error switch
    {
        null => null,
        SocketException socket => socket.SocketErrorCode,
        _ => Find(error.InnerException),
    };
}
