using System.Text;
using NodeAgent.KubeApi.Credentials;
using NodeAgent.Kubelet.Checkpoints;

namespace NodeAgent.Kubelet.Identity;

/// <summary>Writes the kubeconfig of a node that has joined.</summary>
internal static class KubeconfigFile
{
    /// <param name="path">Where to; written whole or not at all.</param>
    /// <param name="cluster">The server and whom to trust are taken from it.</param>
    /// <param name="certificatePath">The client certificate with its key.</param>
    public static void Write(string path, ClientConfig cluster, string certificatePath) =>
        WholeFile.Write(path, Encoding.UTF8.GetBytes(Text(cluster, certificatePath)));

    internal static string Text(ClientConfig cluster, string certificatePath)
    {
        var text = new StringBuilder("apiVersion: v1\nclusters:\n- cluster:\n");
        if (cluster.CertificateAuthority is { Data: { } data })
        {
            text.Append("    certificate-authority-data: ").Append(Convert.ToBase64String(data)).Append('\n');
        }
        else if (cluster.CertificateAuthority is { File: { } file })
        {
            text.Append("    certificate-authority: ").Append(Quoted(file)).Append('\n');
        }

        if (cluster.InsecureSkipTlsVerify)
        {
            text.Append("    insecure-skip-tls-verify: true\n");
        }

        if (cluster.TlsServerName is { } name)
        {
            text.Append("    tls-server-name: ").Append(Quoted(name)).Append('\n');
        }

        if (cluster.Proxy is { } proxy)
        {
            text.Append("    proxy-url: ").Append(Quoted(proxy.OriginalString)).Append('\n');
        }

        return text.Append("    server: ").Append(Quoted(cluster.Server.ToString().TrimEnd('/'))).Append('\n')
            .Append("  name: default-cluster\ncontexts:\n- context:\n    cluster: default-cluster\n    namespace: default\n    user: default-auth\n  name: default-context\n")
            .Append("current-context: default-context\nkind: Config\nusers:\n- name: default-auth\n  user:\n    client-certificate: ").Append(Quoted(certificatePath))
            .Append("\n    client-key: ").Append(Quoted(certificatePath)).Append('\n').ToString();
    }

    private static string Quoted(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
