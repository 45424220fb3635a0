using System.Net.Http.Headers;
using System.Text;

namespace NodeAgent.KubeApi.Credentials;

/// <summary>A token, or a name and a password, that the kubeconfig itself holds.</summary>
internal sealed class FixedCredential(Credential credential) : ICredentialSource
{
    public static FixedCredential Token(string token) => new(new Credential(new AuthenticationHeaderValue("Bearer", token)));

    public static FixedCredential Basic(string name, string? password) =>
        new(new Credential(new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}")))));

    public ValueTask<Credential> GetAsync(CancellationToken cancellationToken) => new(credential);

    public bool Invalidate() => false;
}
