using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Kubelet.Server.Access;

/// <summary>The kubelet configuration's authentication and authorization, with upstream's defaults.</summary>
internal sealed record RequestGateOptions
{
    /// <summary>authentication.anonymous.enabled.</summary>
    public bool Anonymous { get; init; }

    /// <summary>authentication.webhook.enabled: bearer tokens are shown to the API server.</summary>
    public bool TokenReview { get; init; } = true;

    public TimeSpan TokenCacheTtl { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>authentication.x509.clientCAFile, asked for on every request so that a changed file counts; null for none.</summary>
    public Func<X509Certificate2Collection>? ClientAuthorities { get; init; }

    /// <summary>authorization.mode AlwaysAllow: who is known may do everything.</summary>
    public bool AlwaysAllow { get; init; }

    public TimeSpan AllowedTtl { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan DeniedTtl { get; init; } = TimeSpan.FromSeconds(30);
}
