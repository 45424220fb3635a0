using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;

namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>What a container's spec says, read the same way everywhere.</summary>
internal static class ContainerSpecs
{
    private static readonly JsonWriterOptions HashJson = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static bool IsSidecar(this Container container) => container.RestartPolicy == RestartPolicies.Always;

    /// <summary>An ephemeral container in the shape of the others: both messages have the same fields under the same numbers.</summary>
    public static Container AsContainer(this EphemeralContainer container) => Container.Parser.ParseFrom(container.EphemeralContainerCommon.ToByteArray());

    public static ContainerKind InitKind(this Container container) => container.IsSidecar() ? ContainerKind.Sidecar : ContainerKind.Init;

    /// <summary>
    /// The hash over the fields whose change restarts a container, in upstream's form, so that containers which upstream's
    /// kubelet started are adopted and not restarted: FNV-1a over the printed bytes of a JSON object of image and name.
    /// </summary>
    public static string Hash(this Container container)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json, HashJson))
        {
            writer.WriteStartObject();
            writer.WriteString("image", container.Image);
            writer.WriteString("name", container.Name);
            writer.WriteEndObject();
        }

        var printed = $"([]uint8)[{PrintedBytes(json.ToArray())}]";
        return Fnv32A(Encoding.UTF8.GetBytes(printed)).ToString("x", System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Stands for all that makes a container another one to its back-off: who changes image or resources need not wait for the old ones' failures.</summary>
    public static string BackOffKey(this Container container)
    {
        var resources = container.Resources is { } r ? $"{Text(r.Requests)}/{Text(r.Limits)}" : "";
        return $"{container.Name}/{container.Image}/{resources}";

        static string Text(IDictionary<string, KubeApi.Meta.Quantity> amounts) => string.Join(',', amounts.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}={a.Value.String}"));
    }

    internal static uint Fnv32A(ReadOnlySpan<byte> data)
    {
        var hash = 2166136261u;
        foreach (var value in data)
        {
            hash = (hash ^ value) * 16777619u;
        }

        return hash;
    }

    private static string PrintedBytes(byte[] bytes) => string.Join(' ', bytes);
}
