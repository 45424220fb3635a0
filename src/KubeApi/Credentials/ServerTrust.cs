using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.KubeApi.Credentials;

/// <summary>Whether a server's certificate leads to one of the certificates of a certificate-authority bundle.</summary>
internal static class ServerTrust
{
    /// <remarks>As in Go, any certificate in the bundle is an anchor, also an intermediate or the server's own.</remarks>
    public static bool IsTrusted(X509Certificate2Collection anchors, X509Certificate? server, X509Chain? sent, SslPolicyErrors errors)
    {
        if (server is not X509Certificate2 certificate || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false;
        }

        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(anchors);
        policy.ExtraStore.AddRange(anchors);
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            policy.ExtraStore.Add(element.Certificate);
        }

        if (chain.Build(certificate))
        {
            return true;
        }

        var problems = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
        const X509ChainStatusFlags NoRoot = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot;
        return (problems & ~NoRoot) == 0 && chain.ChainElements.Any(e => anchors.Contains(e.Certificate));
    }
}
