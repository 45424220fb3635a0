using Microsoft.AspNetCore.Http;
using NodeAgent.Kubelet.Server;

namespace NodeAgent.Kubelet.Streaming.WebSockets;

/// <summary>A WebSocket subprotocol that carries several streams: the first byte of each message is the number of a channel.</summary>
/// <param name="Name">Empty for a client that asks for none.</param>
/// <param name="IsBase64">Messages are text: the channel's digit, then base64.</param>
/// <param name="ClosesChannels">The client may end one channel: a message of 255 and the channel's number.</param>
/// <param name="ReportsStatus">A command's end is told as a Status object, not as a text.</param>
internal sealed record ChannelProtocol(string Name, bool IsBase64 = false, bool ClosesChannels = false, bool ReportsStatus = false)
{
    public const string V5Name = "v5.channel.k8s.io";
    public const string TunnelPrefix = "SPDY/3.1+";
    public const string TunnelName = TunnelPrefix + "portforward.k8s.io";

    /// <summary>For exec and attach.</summary>
    public static readonly IReadOnlyList<ChannelProtocol> Commands =
    [
        new(V5Name, ClosesChannels: true, ReportsStatus: true),
        new("v4.channel.k8s.io", ReportsStatus: true),
        new("v4.base64.channel.k8s.io", IsBase64: true, ReportsStatus: true),
        new("channel.k8s.io"),
        new("base64.channel.k8s.io", IsBase64: true),
        new(""),
    ];

    /// <summary>For port-forward with the ports in the query.</summary>
    public static readonly IReadOnlyList<ChannelProtocol> Ports = [new("v4.channel.k8s.io"), new("v4.base64.channel.k8s.io", IsBase64: true), new("")];

    public static bool IsRequested(HttpContext context, string name) =>
        context.WebSockets.IsWebSocketRequest && context.WebSockets.WebSocketRequestedProtocols.Contains(name);

    /// <returns>The first of the client's protocols that is served.</returns>
    /// <exception cref="HttpError">There is none.</exception>
    public static ChannelProtocol Choose(HttpContext context, IReadOnlyList<ChannelProtocol> served)
    {
        var wanted = context.WebSockets.WebSocketRequestedProtocols;
        return (wanted.Count == 0 ? served.FirstOrDefault(p => p.Name.Length == 0) : wanted.Select(w => served.FirstOrDefault(p => p.Name == w && w.Length > 0)).FirstOrDefault(p => p is not null))
            ?? throw new HttpError(403, $"unable to upgrade: the client offers {string.Join(", ", wanted)}; served are {string.Join(", ", served.Select(p => p.Name).Where(n => n.Length > 0))}");
    }
}
