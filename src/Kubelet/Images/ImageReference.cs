using System.Text.RegularExpressions;

namespace NodeAgent.Kubelet.Images;

/// <summary>An image as people write it, taken apart: registry, repository, tag, digest.</summary>
internal sealed partial record ImageReference(string Registry, string Repository, string Tag, string Digest)
{
    public const string DefaultRegistry = "docker.io";

    /// <summary>With registry and tag spelled out, as a runtime wants it.</summary>
    public string Full => $"{Registry}/{Repository}{(Tag.Length > 0 ? ":" + Tag : "")}{(Digest.Length > 0 ? "@" + Digest : "")}";

    /// <returns>Null when the text is no reference to an image.</returns>
    public static ImageReference? Parse(string text)
    {
        if (Pattern().Match(text) is not { Success: true } match)
        {
            return null;
        }

        var path = match.Groups["path"].Value;
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : path[..slash];
        var (registry, repository) = first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost"
            ? (first, path[(slash + 1)..])
            : (DefaultRegistry, slash < 0 ? "library/" + path : path);
        if (repository.Any(char.IsUpper))
        {
            return null;
        }

        var (tag, digest) = (match.Groups["tag"].Value, match.Groups["digest"].Value);
        return new ImageReference(registry, repository, tag.Length == 0 && digest.Length == 0 ? "latest" : tag, digest);
    }

    /// <summary>The name as it is written, less tag and digest.</summary>
    public static string WithoutTag(string text)
    {
        if (Parse(text) is not { } image)
        {
            return text;
        }

        var name = image.Digest.Length > 0 ? text[..^(image.Digest.Length + 1)] : text;
        return image.Tag.Length > 0 && name.EndsWith(":" + image.Tag, StringComparison.Ordinal) ? name[..^(image.Tag.Length + 1)] : name;
    }

    [GeneratedRegex(@"^(?<path>(?:[A-Za-z0-9.\-]+(?::\d+)?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::(?<tag>[\w][\w.\-]{0,127}))?(?:@(?<digest>[A-Za-z][A-Za-z0-9]*:[0-9a-fA-F]{32,}))?$")]
    private static partial Regex Pattern();
}
