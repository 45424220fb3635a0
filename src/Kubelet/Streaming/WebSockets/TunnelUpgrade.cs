using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NodeAgent.Kubelet.Server;

namespace NodeAgent.Kubelet.Streaming.WebSockets;

/// <summary>
/// Accepts the WebSocket of a port-forward tunnel. The name of its subprotocol has a slash in it, which RFC 6455 does not allow
/// and .NET refuses to answer with; so the handshake is done here and only the frames are left to .NET.
/// </summary>
internal static class TunnelUpgrade
{
    // RFC 6455, section 1.3.
    private const string KeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const int KeyBytes = 16;

    /// <exception cref="HttpError">The request is no upgrade to a WebSocket of version 13.</exception>
    public static async Task<MessageStream> AcceptAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade || headers.SecWebSocketVersion != "13" || !IsKey(headers.SecWebSocketKey.ToString()))
        {
            throw new HttpError(400, "unable to upgrade: the request is no handshake of WebSocket version 13 over HTTP/1.1");
        }

        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.SecWebSocketAccept = AcceptOf(headers.SecWebSocketKey.ToString());
        context.Response.Headers.SecWebSocketProtocol = ChannelProtocol.TunnelName;
        var transport = await upgrade.UpgradeAsync();
        return new MessageStream(WebSocket.CreateFromStream(transport, new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = TimeSpan.FromMinutes(2) }));
    }

    internal static string AcceptOf(string key) =>
#pragma warning disable CA5350 // The protocol names SHA-1; nothing is kept secret by it.
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + KeySuffix)));
#pragma warning restore CA5350

    private static bool IsKey(string text)
    {
        Span<byte> key = stackalloc byte[KeyBytes + 2];
        return Convert.TryFromBase64String(text, key, out var length) && length == KeyBytes;
    }
}
