using System.Security.Cryptography;
using System.Text;
using NodeAgent.KubeApi.Certificates.V1Beta1;
using NodeAgent.KubeApi.Selectors;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>The certificates of the trust bundles that a projection names, each once.</summary>
internal static class TrustAnchors
{
    /// <returns>PEM; empty for an optional projection that matches none.</returns>
    /// <exception cref="VolumeException">There is no such bundle, or one holds no certificates.</exception>
    public static string Select(IEnumerable<ClusterTrustBundle> all, ClusterTrustBundleProjection projection)
    {
        var isByName = projection.Name.Length > 0;
        var selected = isByName
            ? all.Where(b => b.Metadata.Name == projection.Name).ToList()
            : [.. all.Where(b => b.Spec.SignerName == projection.SignerName && projection.LabelSelector is { } labels && Selector.From(labels).Matches(b.Metadata.Labels))];
        if (selected.Count == 0)
        {
            return projection.Optional
                ? ""
                : throw new VolumeException(isByName ? $"clustertrustbundle.certificates.k8s.io \"{projection.Name}\" not found" : "combination of signerName and labelSelector matched zero ClusterTrustBundles");
        }

        SortedSet<string> certificates = new(StringComparer.Ordinal);
        foreach (var bundle in selected)
        {
            certificates.UnionWith(Certificates(bundle));
        }

        return string.Concat(certificates);
    }

    private static IEnumerable<string> Certificates(ClusterTrustBundle bundle)
    {
        var text = bundle.Spec.TrustBundle;
        var at = 0;
        while (PemEncoding.TryFind(text.AsSpan(at), out var fields))
        {
            yield return new StringBuilder(PemEncoding.WriteString(text.AsSpan(at)[fields.Label], Convert.FromBase64String(text[at..][fields.Base64Data]))).Append('\n').ToString();
            at += fields.Location.End.Value;
        }

        if (at == 0)
        {
            throw new VolumeException($"clustertrustbundle \"{bundle.Metadata.Name}\" holds no certificate");
        }
    }
}
