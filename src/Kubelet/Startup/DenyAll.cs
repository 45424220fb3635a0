using NodeAgent.Hosting.Server;

namespace NodeAgent.Kubelet.Startup;

/// <summary>Without an API server nobody can be asked: nothing is allowed but by configuration.</summary>
internal sealed class DenyAll : IAuthorizer
{
    public ValueTask<AuthorizationDecision> AuthorizeAsync(AuthorizationAttributes attributes, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new AuthorizationDecision(false, "this kubelet runs without an API server"));
}
