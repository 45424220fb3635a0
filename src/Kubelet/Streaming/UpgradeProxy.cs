using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NodeAgent.Kubelet.Server;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>
/// Passes an upgraded connection on to a container engine's streaming server, byte for byte: which protocol the two ends talk
/// is theirs to agree.
/// </summary>
internal sealed class UpgradeProxy(TimeSpan idleTimeout, TimeProvider time)
{
    // What the two ends need to agree. Who the user is stays here.
    private static readonly string[] PassedOn =
        ["Upgrade", "X-Stream-Protocol-Version", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"];

    /// <returns>Whether the engine said all that it had to say before the client was gone.</returns>
    /// <exception cref="HttpError">The request asks for no upgrade, or the engine cannot be reached.</exception>
    public async Task<bool> ForwardAsync(HttpContext context, Uri target)
    {
        var upgrade = context.Features.Get<IHttpUpgradeFeature>();
        if (upgrade is not { IsUpgradableRequest: true })
        {
            throw new HttpError(400, "Upgrade request required");
        }

        var headers = from name in PassedOn
                      from value in context.Request.Headers[name]
                      select (name, value ?? "");
        await using var engine = await EngineUpgrade.AskAsync(context.Request.Method, target, headers, context.RequestAborted);
        if (!engine.IsUpgraded)
        {
            await engine.RelayRefusalAsync(context);
            return true;
        }

        engine.CopyHeaders(context.Response);
        await using var client = await upgrade.UpgradeAsync();
        await client.WriteAsync(engine.Received, context.RequestAborted);
        return await new DuplexCopy(idleTimeout, time).RunAsync(client, engine.Stream, endWithOther: true, context.RequestAborted);
    }
}
