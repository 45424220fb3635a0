using Microsoft.AspNetCore.Http;

namespace NodeAgent.Kubelet.Server.Access;

/// <summary>Decides whether a request may be served.</summary>
internal interface IRequestGate
{
    ValueTask<GateDecision> DecideAsync(HttpContext context, CancellationToken cancellationToken);
}
