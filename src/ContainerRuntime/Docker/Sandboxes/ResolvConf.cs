using System.Text;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Sandboxes;

/// <summary>The resolver's config of a pod.</summary>
internal static class ResolvConf
{
    /// <returns>Empty when the pod asks for nothing: the engine's own stays.</returns>
    public static string Text(DNSConfig? dns)
    {
        var text = new StringBuilder();
        foreach (var server in dns?.Servers ?? [])
        {
            text.Append("nameserver ").Append(server).Append('\n');
        }

        if (dns?.Searches.Count > 0)
        {
            text.Append("search ").AppendJoin(' ', dns.Searches).Append('\n');
        }

        if (dns?.Options.Count > 0)
        {
            text.Append("options ").AppendJoin(' ', dns.Options).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>
    /// Writes over the file that the engine has made for the sandbox and mounts into all of its containers. In place, because
    /// a mount shows the file and not the name; the engine's own would send queries to its embedded resolver.
    /// </summary>
    public static async Task RewriteAsync(string path, DNSConfig? dns, CancellationToken cancellationToken)
    {
        var text = Text(dns);
        if (text.Length == 0)
        {
            return;
        }

        await using var file = new FileStream(path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite);
        await file.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
    }
}
