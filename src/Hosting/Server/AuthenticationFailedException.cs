namespace NodeAgent.Hosting.Server;

/// <summary>A request's credentials are no good.</summary>
public sealed class AuthenticationFailedException(string message, Exception? inner = null) : Exception(message, inner);
