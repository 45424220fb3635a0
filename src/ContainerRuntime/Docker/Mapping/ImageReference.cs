using System.Diagnostics.CodeAnalysis;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>
/// An image's name: an id, or a repository with a tag or a digest. Repositories are kept in the short form that the engine
/// uses ("busybox" for docker.io/library/busybox). With a digest the tag does not count, as everywhere in Kubernetes.
/// </summary>
internal sealed record ImageReference(string Repository, string Tag, string? Digest, string? Id)
{
    private const string IdPrefix = "sha256:";

    public static ImageReference Parse(string text) =>
        TryParse(text, out var reference)
            ? reference
            : throw new RuntimeException(RuntimeErrorCode.InvalidArgument, $"\"{text}\" is not the name of an image");

    public static bool TryParse(string text, [NotNullWhen(true)] out ImageReference? reference)
    {
        reference = null;
        var hex = text.StartsWith(IdPrefix, StringComparison.Ordinal) ? text[IdPrefix.Length..] : text;
        if (hex.Length == 64 && hex.All(char.IsAsciiHexDigitLower))
        {
            reference = new ImageReference("", "", null, IdPrefix + hex);
            return true;
        }

        var at = text.IndexOf('@', StringComparison.Ordinal);
        var digest = at < 0 ? null : text[(at + 1)..];
        var name = at < 0 ? text : text[..at];
        var colon = name.LastIndexOf(':');
        var tag = colon > name.LastIndexOf('/') ? name[(colon + 1)..] : "latest";
        var repository = colon > name.LastIndexOf('/') ? name[..colon] : name;
        if (repository.Length == 0 || tag.Length == 0 || digest is { Length: 0 } || text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            return false;
        }

        reference = new ImageReference(Familiar(repository), tag, digest, null);
        return true;
    }

    /// <summary>Whether an image that the engine found under this name is it.</summary>
    public bool Names(string id, IReadOnlyList<string>? tags, IReadOnlyList<string>? digests)
    {
        if (Id is not null)
        {
            return id == Id;
        }

        var names = (Digest is null ? tags : digests) ?? [];
        return names.Any(n => TryParse(n, out var other) && other.Repository == Repository && (Digest is null ? other.Tag == Tag : other.Digest == Digest));
    }

    public override string ToString() => Id ?? (Digest is null ? $"{Repository}:{Tag}" : $"{Repository}@{Digest}");

    private static string Familiar(string repository)
    {
        foreach (var prefix in new[] { "docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/" })
        {
            if (repository.StartsWith(prefix, StringComparison.Ordinal))
            {
                return repository[prefix.Length..];
            }
        }

        return repository;
    }
}
