using System.Collections.Immutable;
using System.Text.Json;

namespace NodeAgent.Kubelet.Images.Verification;

/// <summary>An image that a kubelet pulled onto this host, and by whose logins. On disk it is upstream's ImagePulledRecord.</summary>
/// <param name="ImageRef">What the engine calls the image.</param>
/// <param name="Mapping">By the image's names in pods, without tag and digest.</param>
internal sealed record ImagePulledRecord(string ImageRef, DateTimeOffset LastUpdated, ImmutableSortedDictionary<string, PullCredentials> Mapping)
{
    public const string Kind = "ImagePulledRecord";

    public static ImagePulledRecord Empty(string imageRef, DateTimeOffset now) => new(imageRef, now, ImmutableSortedDictionary.Create<string, PullCredentials>(StringComparer.Ordinal));

    /// <returns>This very object when the pull shows nothing new.</returns>
    public ImagePulledRecord With(string name, PullCredentials credentials, DateTimeOffset now)
    {
        var before = Mapping.GetValueOrDefault(name);
        var after = before?.With(credentials) ?? credentials;
        return ReferenceEquals(before, after) ? this : this with { LastUpdated = now, Mapping = Mapping.SetItem(name, after) };
    }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("lastUpdatedTime", LastUpdated.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        writer.WriteString("imageRef", ImageRef);
        if (Mapping.IsEmpty)
        {
            return;
        }

        writer.WriteStartObject("credentialMapping");
        foreach (var (name, credentials) in Mapping)
        {
            writer.WriteStartObject(name);
            WriteList(writer, "kubernetesSecrets", credentials.Secrets, s => (s.Uid, s.Namespace, s.Name), (w, s) => w.WriteString("credentialHash", s.CredentialHash));
            WriteList(writer, "kubernetesServiceAccounts", credentials.ServiceAccounts, a => (a.Uid, a.Namespace, a.Name), (_, _) => { });
            if (credentials.NodePodsAccessible)
            {
                writer.WriteBoolean("nodePodsAccessible", true);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <exception cref="JsonException">It is no such record.</exception>
    public static ImagePulledRecord Read(JsonElement root)
    {
        var mapping = ImmutableSortedDictionary.CreateBuilder<string, PullCredentials>(StringComparer.Ordinal);
        if (root.TryGetProperty("credentialMapping", out var all))
        {
            foreach (var entry in all.EnumerateObject())
            {
                mapping[entry.Name] = new PullCredentials
                {
                    Secrets = [.. Items(entry.Value, "kubernetesSecrets").Select(s => new PullSecret(Text(s, "uid"), Text(s, "namespace"), Text(s, "name"), Text(s, "credentialHash")))],
                    ServiceAccounts = [.. Items(entry.Value, "kubernetesServiceAccounts").Select(a => new PullServiceAccount(Text(a, "uid"), Text(a, "namespace"), Text(a, "name")))],
                    NodePodsAccessible = entry.Value.TryGetProperty("nodePodsAccessible", out var every) && every.GetBoolean(),
                };
            }
        }

        return root.GetProperty("lastUpdatedTime").TryGetDateTimeOffset(out var updated)
            ? new ImagePulledRecord(Text(root, "imageRef"), updated, mapping.ToImmutable())
            : throw new JsonException("lastUpdatedTime is no time");
    }

    private static void WriteList<T>(Utf8JsonWriter writer, string name, ImmutableArray<T> items, Func<T, (string Uid, string Namespace, string Name)> coordinates, Action<Utf8JsonWriter, T> more)
    {
        if (items.IsEmpty)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            var (uid, space, own) = coordinates(item);
            writer.WriteStartObject();
            writer.WriteString("uid", uid);
            writer.WriteString("namespace", space);
            writer.WriteString("name", own);
            more(writer, item);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static IEnumerable<JsonElement> Items(JsonElement parent, string name) => parent.TryGetProperty(name, out var list) ? list.EnumerateArray() : Enumerable.Empty<JsonElement>();

    private static string Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}
