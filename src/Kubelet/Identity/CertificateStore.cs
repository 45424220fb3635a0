using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Identity;

/// <summary>
/// Certificates with their keys as upstream's kubelet keeps them: each in a file of its own, and a link to the one in use, such
/// as <c>kubelet-client-current.pem</c>, that is replaced in one step.
/// </summary>
internal sealed class CertificateStore(string folder, string name)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>What a kubeconfig names.</summary>
    public string CurrentPath => Path.Combine(folder, name + "-current.pem");

    /// <returns>The certificate in use with its key; null when there is none, or none that can be read.</returns>
    public X509Certificate2? Load()
    {
        try
        {
            return File.Exists(CurrentPath) ? X509Certificate2.CreateFromPemFile(CurrentPath) : null;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps a certificate (with what it is signed by) and its key, and puts them to use.</summary>
    public void Save(string certificatePem, string keyPem, DateTimeOffset now)
    {
        Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        var file = $"{name}-{now.UtcDateTime.ToString("yyyy-MM-dd-HH-mm-ss", CultureInfo.InvariantCulture)}.pem";
        var path = Path.Combine(folder, file);
        using (var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(certificatePem.TrimEnd() + "\n");
            writer.Write(keyPem.TrimEnd() + "\n");
        }

        var link = CurrentPath + ".new";
        File.Delete(link);
        File.CreateSymbolicLink(link, path);
        Libc.Rename(link, CurrentPath);
    }
}
