using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Hosting.Server;

/// <summary>The authorities whose client certificates are believed.</summary>
public interface IClientAuthorities
{
    /// <summary>The same instance while they are the same; null while they are not known: then certificates say nothing of who a caller is.</summary>
    X509Certificate2Collection? Current { get; }
}
