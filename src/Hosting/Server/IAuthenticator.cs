using Microsoft.AspNetCore.Http;

namespace NodeAgent.Hosting.Server;

/// <summary>Finds out who makes a request.</summary>
public interface IAuthenticator
{
    /// <summary>
    /// The user; null when the request carries no credentials of this kind. Throws <see cref="AuthenticationFailedException"/> when it
    /// carries some that are no good. Called for every request; remembers what it has found out.
    /// </summary>
    ValueTask<UserInfo?> AuthenticateAsync(HttpContext request, CancellationToken cancellationToken);
}
