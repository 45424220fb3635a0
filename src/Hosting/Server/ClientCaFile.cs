using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Server;

/// <summary>The authorities whose client certificates are believed, from a PEM file that is re-read when it changes.</summary>
public sealed class ClientCaFile(string path, TimeProvider time, ILogger<ClientCaFile> logger) : IClientAuthorities
{
    private readonly ReloadedFiles<X509Certificate2Collection> _file = new([path], () => Read(path), time, logger);

    public X509Certificate2Collection Current => _file.Current;

    private static X509Certificate2Collection Read(string path)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(path);
        }
        catch (CryptographicException e)
        {
            throw new InvalidDataException($"the client CA file {path} is no PEM file of certificates: {e.Message}", e);
        }

        return certificates.Count > 0 ? certificates : throw new InvalidDataException($"the client CA file {path} holds no certificate");
    }
}
