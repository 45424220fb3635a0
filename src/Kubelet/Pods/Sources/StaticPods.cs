using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Sources;

/// <summary>From the text of a manifest to the pods that this node runs for it.</summary>
internal static class StaticPods
{
    private const string NoExecute = "NoExecute";

    /// <param name="place">The file or address: a part of the pod's identity.</param>
    /// <param name="source">What the pod's annotation says it came from: <c>file</c> or <c>http</c>.</param>
    public static (IReadOnlyList<Pod> Pods, IReadOnlyList<string> Errors) Read(string text, string place, string source, string nodeName, DateTimeOffset now)
    {
        var result = ManifestReader.Read(text, place, KubeApi.Resources.Pods);
        if (!result.IsValid)
        {
            return ([], [.. result.Errors.Select(e => e.ToString())]);
        }

        List<Pod> pods = [];
        List<string> errors = [];
        foreach (var manifest in result.Objects)
        {
            var pod = (Pod)manifest.Object;
            pod.Metadata ??= new ObjectMeta();
            pod.Spec ??= new PodSpec();
            var adopted = Adopt(pod, place, source, nodeName, now);
            IReadOnlyList<FieldError> faults = [.. PodValidation.Validate(adopted), .. PodValidation.FindApiReference(adopted) is { } needed ? [needed] : Array.Empty<FieldError>()];
            if (faults.Count > 0)
            {
                errors.AddRange(faults.Select(f => $"{place}:{manifest.Line}: {f}"));
            }
            else
            {
                pods.Add(adopted);
            }
        }

        return (pods, errors);
    }

    private static Pod Adopt(Pod pod, string place, string source, string nodeName, DateTimeOffset now)
    {
        var uid = Hash(pod, place, nodeName);
        if (pod.Metadata.Uid.Length == 0)
        {
            pod.Metadata.Uid = uid;
        }

        pod.Metadata.Name = $"{pod.Metadata.Name}-{nodeName.ToLowerInvariant()}";
        if (pod.Metadata.Namespace.Length == 0)
        {
            pod.Metadata.Namespace = "default";
        }

        pod.Metadata.Annotations[PodSpecs.HashAnnotation] = pod.Metadata.Uid;
        pod.Metadata.Annotations[PodSpecs.SourceAnnotation] = source;
        pod.Metadata.Annotations[PodSpecs.SeenAnnotation] = now.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", System.Globalization.CultureInfo.InvariantCulture);
        pod.Spec.NodeName = nodeName;
        PodDefaults.Apply(pod);
        if (!pod.Spec.Tolerations.Any(t => t is { Operator: "Exists", Effect: NoExecute }))
        {
            pod.Spec.Tolerations.Add(new Toleration { Operator = "Exists", Effect = NoExecute });
        }

        pod.Status = new PodStatus { Phase = PodPhases.Pending };
        return pod;
    }

    /// <summary>The same manifest in the same place on the same node is the same pod; any change makes another one.</summary>
    private static string Hash(Pod pod, string place, string nodeName)
    {
        var text = Encoding.UTF8.GetBytes($"host:{nodeName}\0file:{place}\0{JsonFormatter.Default.Format(pod)}");
#pragma warning disable CA5351 // Not for security: upstream's static pods have MD5 sums as UIDs, and their length is what tools expect.
        return Convert.ToHexStringLower(MD5.HashData(text));
#pragma warning restore CA5351
    }
}
