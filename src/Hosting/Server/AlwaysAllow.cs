namespace NodeAgent.Hosting.Server;

/// <summary>Lets everybody do everything: authorization mode AlwaysAllow.</summary>
public sealed class AlwaysAllow : IAuthorizer
{
    public ValueTask<AuthorizationDecision> AuthorizeAsync(AuthorizationAttributes attributes, CancellationToken cancellationToken) =>
        ValueTask.FromResult(AuthorizationDecision.Allow);
}
