using System.Text;
using System.Text.Json;
using NodeAgent.Kubelet.Images.Verification;

namespace NodeAgent.Kubelet.Images;

/// <summary>The logins of pull secrets (dockerconfigjson and dockercfg) and of the node's own docker config.</summary>
internal static class RegistryCredentials
{
    private const string ConfigJsonKey = ".dockerconfigjson";
    private const string ConfigKey = ".dockercfg";

    /// <summary>The logins that fit the image, the most specific first.</summary>
    public static IReadOnlyList<ImageLogin> For(ImageReference image, IEnumerable<Secret> secrets) => Fitting(
        image,
        secrets.SelectMany(s => OfSecret(s).Select(l => KeyValuePair.Create(l.Key, new ImageLogin(l.Value, Secret: PullSecret.Of(s, l.Value))))));

    /// <param name="logins">By what they are for.</param>
    public static IReadOnlyList<T> Fitting<T>(ImageReference image, IEnumerable<KeyValuePair<string, T>> logins) =>
        [.. logins.Where(l => Fits(l.Key, image)).OrderByDescending(l => l.Key.Length).Select(l => l.Value)];

    internal static bool Fits(string pattern, ImageReference image)
    {
        var text = pattern;
        foreach (var scheme in (string[])["https://", "http://"])
        {
            text = text.StartsWith(scheme, StringComparison.Ordinal) ? text[scheme.Length..] : text;
        }

        foreach (var version in (string[])["/v1/", "/v2/", "/v1", "/v2", "/"])
        {
            if (text.EndsWith(version, StringComparison.Ordinal))
            {
                text = text[..^version.Length];
                break;
            }
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var (host, path) = slash < 0 ? (text, "") : (text[..slash], text[slash..]);
        if (host is "index.docker.io" or "registry-1.docker.io")
        {
            host = ImageReference.DefaultRegistry;
        }

        return ImageGlob.Matches(host + path, image);
    }

    /// <param name="nested">The form of <c>config.json</c>, not that of the older <c>.dockercfg</c>.</param>
    internal static IReadOnlyList<KeyValuePair<string, Cri.AuthConfig>> Read(ReadOnlySpan<byte> json, bool nested)
    {
        List<KeyValuePair<string, Cri.AuthConfig>> result = [];
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (nested && !root.TryGetProperty("auths", out root))
            {
                return result;
            }

            foreach (var entry in root.EnumerateObject())
            {
                result.Add(KeyValuePair.Create(entry.Name, ReadAuth(entry.Value)));
            }
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // A pull secret that cannot be read is as good as none: the pull says what the registry thinks of that.
        }

        return result;
    }

    private static IReadOnlyList<KeyValuePair<string, Cri.AuthConfig>> OfSecret(Secret secret)
    {
        if (secret.Data.TryGetValue(ConfigJsonKey, out var json))
        {
            return Read(json.Span, nested: true);
        }

        return secret.Data.TryGetValue(ConfigKey, out var old) ? Read(old.Span, nested: false) : [];
    }

    private static Cri.AuthConfig ReadAuth(JsonElement entry)
    {
        var auth = new Cri.AuthConfig { Username = Text("username"), Password = Text("password"), IdentityToken = Text("identitytoken") };
        if (auth.Username.Length == 0 && Text("auth") is { Length: > 0 } packed)
        {
            var pair = Encoding.UTF8.GetString(Convert.FromBase64String(packed)).Split(':', 2);
            (auth.Username, auth.Password) = (pair[0], pair.Length > 1 ? pair[1].TrimEnd('\0') : "");
        }

        return auth;

        string Text(string name) => entry.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
    }
}
