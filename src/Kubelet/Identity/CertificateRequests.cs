using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Certificates.V1;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Kubelet.Identity;

/// <summary>Has the cluster sign certificates: posts a request, waits until somebody has approved it, checks what comes back.</summary>
internal sealed partial class CertificateRequests(IKubeClient client, TimeProvider time, ILogger<CertificateRequests> logger)
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastLook = TimeSpan.FromSeconds(5);

    /// <summary>Upstream's: after this a new request is made.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    /// <summary>Who approves by machine does so in seconds; a person is told soon.</summary>
    private static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(20);

    /// <param name="wish">What is wanted.</param>
    /// <param name="pending">Told the request's name and its age when nobody has approved it for a while; once for each request.</param>
    /// <param name="cancellationToken">Ends the waiting; the request stays.</param>
    /// <returns>The certificate and its key, both in PEM.</returns>
    /// <exception cref="CertificateDeniedException">It was denied, has failed, or was not approved in 15 minutes.</exception>
    /// <exception cref="KubeApiException">The API server refuses the request.</exception>
    public async Task<(string Certificate, string Key)> GetAsync(CertificateWish wish, Action<string, TimeSpan> pending, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateSigningRequest
        {
            Metadata = new ObjectMeta { GenerateName = "csr-" },
            Spec = new CertificateSigningRequestSpec { Request = ByteString.CopyFromUtf8(wish.Request(key)), SignerName = wish.Signer, Usages = { wish.Usages } },
        };
        var created = await client.CreateAsync(KubeApi.Resources.CertificateSigningRequests, request, cancellationToken);
        LogAsked(created.Metadata.Name, wish.Signer);
        var certificate = await WaitAsync(created.Metadata.Name, pending, cancellationToken);
        Check(created.Metadata.Name, certificate, key);
        return (certificate, key.ExportPkcs8PrivateKeyPem());
    }

    private async Task<string> WaitAsync(string name, Action<string, TimeSpan> pending, CancellationToken cancellationToken)
    {
        var (started, told) = (time.GetTimestamp(), false);
        for (var pause = FirstLook; ; pause = pause * 2 < LastLook ? pause * 2 : LastLook)
        {
            var request = await client.GetAsync(KubeApi.Resources.CertificateSigningRequests, null, name, cancellationToken);
            if (request.Status?.Conditions.FirstOrDefault(c => c.Type is "Denied" or "Failed") is { } refused)
            {
                throw new CertificateDeniedException($"certificate request {name} was {(refused.Type == "Denied" ? "denied" : "not signed")}: {refused.Reason} {refused.Message}".TrimEnd());
            }

            if (request.Status is { Certificate.IsEmpty: false } status)
            {
                return status.Certificate.ToStringUtf8();
            }

            var waited = time.GetElapsedTime(started);
            if (waited >= Patience)
            {
                throw new CertificateDeniedException($"certificate request {name} was not approved in {Patience.TotalMinutes:0} minutes (kubectl certificate approve {name})");
            }

            if (!told && waited >= TellAfter)
            {
                told = true;
                pending(name, waited);
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }

    private void Check(string name, string pem, ECDsa key)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new CertificateDeniedException($"what the cluster signed for request {name} is no certificate: {e.Message}");
        }

        using (certificate)
        using (var signed = certificate.GetECDsaPublicKey())
        {
            if (signed is null || !signed.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
            {
                throw new CertificateDeniedException($"the certificate that the cluster signed for request {name} is for another key");
            }

            if (CertificateLife.Problem(certificate, time.GetUtcNow()) is { } problem)
            {
                throw new CertificateDeniedException($"the certificate that the cluster signed for request {name} is of no use now: {problem}");
            }

            LogGot(name, CertificateLife.Until(certificate));
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Asked for a certificate of {Signer}: request {Request}")]
    private partial void LogAsked(string request, string signer);

    [LoggerMessage(2, LogLevel.Information, "Request {Request} was signed: the certificate is valid until {Until}")]
    private partial void LogGot(string request, DateTimeOffset until);
}
