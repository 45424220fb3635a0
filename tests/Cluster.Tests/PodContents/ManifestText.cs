using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.DevCluster.Images;

namespace NodeAgent.Cluster.Tests.PodContents;

/// <summary>Manifests are full of braces; what differs in them is named with a dollar sign.</summary>
internal static class ManifestText
{
    public static string Fill(this string manifest) => manifest
        .Replace("$image", TestImages.BusyboxName, StringComparison.Ordinal)
        .Replace("$node", NodeCluster.NodeName, StringComparison.Ordinal);
}
