namespace NodeAgent.Hosting.Server;

/// <summary>Decides whether a user may do something.</summary>
public interface IAuthorizer
{
    /// <summary>Throws when the decision cannot be had. Called for every request; remembers decisions.</summary>
    ValueTask<AuthorizationDecision> AuthorizeAsync(AuthorizationAttributes attributes, CancellationToken cancellationToken);
}
