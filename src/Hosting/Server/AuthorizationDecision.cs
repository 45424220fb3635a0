namespace NodeAgent.Hosting.Server;

/// <param name="Reason">Why, in the words of whoever decided; may be empty.</param>
public readonly record struct AuthorizationDecision(bool Allowed, string Reason)
{
    public static AuthorizationDecision Allow { get; } = new(true, "");
}
