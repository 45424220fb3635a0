using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NodeAgent.Kubelet.Images.Verification;

/// <summary>A pull secret, and one login of it by its hash.</summary>
internal sealed record PullSecret(string Uid, string Namespace, string Name, string CredentialHash)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static PullSecret Of(Secret secret, Cri.AuthConfig login) => new(secret.Metadata.Uid, secret.Metadata.Namespace, secret.Metadata.Name, Hash(login));

    public bool IsSameSecretAs(PullSecret other) => Uid == other.Uid && Namespace == other.Namespace && Name == other.Name;

    /// <summary>As upstream's kubelet makes it, over the login as JSON, so that each of the two reads what the other wrote.</summary>
    internal static string Hash(Cri.AuthConfig login)
    {
        var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in ((string, string)[])[("username", login.Username), ("password", login.Password)])
            {
                if (value.Length > 0)
                {
                    writer.WriteString(name, value);
                }
            }

            writer.WriteEndObject();
        }

        var json = Encoding.UTF8.GetString(buffer.ToArray())
            .Replace("<", "\\u003c", StringComparison.Ordinal)
            .Replace(">", "\\u003e", StringComparison.Ordinal)
            .Replace("&", "\\u0026", StringComparison.Ordinal);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
    }
}
