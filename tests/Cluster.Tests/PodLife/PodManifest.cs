using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.DevCluster.Images;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>A pod of the suite. All are created at once when the node is ready, so that their lives run side by side.</summary>
/// <param name="Spec">The pod's spec in YAML. NODE-NAME stands for the node, IMAGE for the test image, MARKS for the pod's own folder on the host, REGISTRY for a registry's address.</param>
/// <param name="Since">The first minor version of Kubernetes whose API has what the spec uses.</param>
internal sealed record PodManifest(string Name, string Spec, int Since = 0)
{
    /// <summary>Below this folder every pod that has MARKS in its spec has a folder of its name.</summary>
    public string ToYaml(string marksFolder, string registry)
    {
        var spec = Spec.Replace("NODE-NAME", NodeCluster.NodeName, StringComparison.Ordinal).Replace("IMAGE", TestImages.BusyboxName, StringComparison.Ordinal).Replace("REGISTRY", registry, StringComparison.Ordinal).Replace("MARKS", Path.Combine(marksFolder, Name), StringComparison.Ordinal);
        var indented = string.Join('\n', spec.Split('\n').Select(l => "  " + l));
        return $"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {Name}\n  namespace: default\n  labels: {{pod: {Name}}}\nspec:\n{indented}\n";
    }
}
