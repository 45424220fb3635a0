using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.KubeApi.Credentials;

/// <summary>Whether a server's certificate leads to one of the certificates of a certificate-authority bundle.</summary>
internal static class ServerTrust
{
    private const X509ChainStatusFlags NoRoot = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot;

    /// <remarks>As in Go, any certificate in the bundle is an anchor, also an intermediate or the server's own.</remarks>
    /// <exception cref="AuthenticationException">It does not; the message says why.</exception>
    public static bool Require(X509Certificate2Collection anchors, string source, X509Certificate? server, X509Chain? sent, SslPolicyErrors errors)
    {
        if (server is not X509Certificate2 certificate)
        {
            throw new AuthenticationException("the server has shown no certificate");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            throw new AuthenticationException($"the server's certificate ({Describe(certificate)}) is for another name; set server to one of its names, or tls-server-name");
        }

        using var chain = BuildChain(anchors, sent);
        if (chain.Build(certificate))
        {
            return true;
        }

        var problems = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
        if ((problems & ~NoRoot) == 0)
        {
            return chain.ChainElements.Any(e => anchors.Contains(e.Certificate))
                ? true
                : throw new AuthenticationException($"the server's certificate ({Describe(certificate)}, issued by {certificate.Issuer}) is not signed by {source} ({string.Join(", ", anchors.Select(a => a.Subject))})");
        }

        throw new AuthenticationException(
            problems.HasFlag(X509ChainStatusFlags.NotTimeValid) && OutOfTime(chain.ChainElements.Select(e => e.Certificate), TimeProvider.System.GetUtcNow()) is { } when
                ? $"the server's certificate ({Describe(certificate)}) is not valid now: {when}"
                : $"the server's certificate ({Describe(certificate)}) is not valid: {problems & ~NoRoot}");
    }

    /// <returns>In words which of the certificates has ended or has not begun; null when none has.</returns>
    internal static string? OutOfTime(IEnumerable<X509Certificate2> certificates, DateTimeOffset now)
    {
        const string Form = "yyyy-MM-dd HH:mm:ss 'UTC'";
        foreach (var certificate in certificates)
        {
            var (from, until) = (new DateTimeOffset(certificate.NotBefore.ToUniversalTime()), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
            var clock = $"the clock of this host says {now.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture)}";
            if (now > until)
            {
                return $"{certificate.Subject} expired on {until.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture)}, and {clock}: renew it on the control plane (kubeadm certs renew), or set this clock right (timedatectl)";
            }

            if (now < from)
            {
                return $"{certificate.Subject} is valid from {from.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture)} on, and {clock}: one of the two clocks is wrong; set it right (timedatectl)";
            }
        }

        return null;
    }

    private static X509Chain BuildChain(X509Certificate2Collection anchors, X509Chain? sent)
    {
        var chain = new X509Chain();
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

        return chain;
    }

    private static string Describe(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString())))
            .ToList();
        return $"{certificate.Subject}{(names.Count > 0 ? " for " + string.Join(", ", names) : "")}, valid {certificate.NotBefore:yyyy-MM-dd} to {certificate.NotAfter:yyyy-MM-dd}";
    }
}
