using Microsoft.AspNetCore.Http;
using NodeAgent.Kubelet.Server;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>Agrees with a SPDY client on the protocol that its streams carry.</summary>
internal static class ProtocolHandshake
{
    public const string VersionHeader = "X-Stream-Protocol-Version";
    private const string AcceptedHeader = "X-Accepted-Stream-Protocol-Versions";

    /// <returns>The first of the client's protocols that is served; it is in the response's headers too.</returns>
    /// <exception cref="HttpError">There is none.</exception>
    public static string Choose(HttpContext context, IReadOnlyList<string> served)
    {
        var wanted = context.Request.Headers[VersionHeader].SelectMany(v => (v ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToArray();
        if (wanted.Length == 0)
        {
            throw new HttpError(400, $"unable to upgrade: the header {VersionHeader} is missing");
        }

        if (wanted.FirstOrDefault(served.Contains) is not { } chosen)
        {
            context.Response.Headers[AcceptedHeader] = served.ToArray();
            throw new HttpError(403, $"unable to upgrade: the client offers {string.Join(", ", wanted)}; served are {string.Join(", ", served)}");
        }

        context.Response.Headers[VersionHeader] = chosen;
        return chosen;
    }
}
