namespace NodeAgent.Proxy;

/// <summary>The proxy cannot start; the message says what to do.</summary>
internal sealed class ProxyStartException(string message, Exception? inner = null) : Exception(message, inner);
