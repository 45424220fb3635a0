using System.Globalization;
using System.Text;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>Docker's images as CRI's.</summary>
internal static class ImageMapping
{
    /// <summary>The engine's word for no repository or no tag.</summary>
    private const string None = "<none>";

    public static Image FromList(ImagesListResponse image, string sandboxImage) => New(image.ID, image.RepoTags, image.RepoDigests, image.Size, sandboxImage);

    public static Image FromInspect(ImageInspectResponse image, string sandboxImage)
    {
        var result = New(image.ID, image.RepoTags, image.RepoDigests, image.Size, sandboxImage);
        var user = (image.Config?.User ?? "").Split(':')[0];
        if (long.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var uid))
        {
            result.Uid = new Int64Value { Value = uid };
        }
        else
        {
            result.Username = user;
        }

        return result;
    }

    public static IEnumerable<string> Names(IReadOnlyList<string>? names) => (names ?? []).Where(n => !n.Contains(None, StringComparison.Ordinal));

    /// <summary>What names a pulled image for good: its digest in the repository it came from, or its id.</summary>
    public static string Reference(ImageInspectResponse image, ImageReference pulled) =>
        Names(image.RepoDigests).FirstOrDefault(d => ImageReference.TryParse(d, out var other) && other.Repository == pulled.Repository) ?? image.ID;

    public static Engine.Models.AuthConfig? ToDocker(V1.AuthConfig? auth)
    {
        if (auth is null)
        {
            return null;
        }

        var (user, password) = (auth.Username, auth.Password);
        if (user.Length == 0 && auth.Auth.Length > 0)
        {
            var both = Encoding.UTF8.GetString(Convert.FromBase64String(auth.Auth)).TrimEnd('\0');
            var colon = both.IndexOf(':', StringComparison.Ordinal);
            (user, password) = colon < 0 ? (both, "") : (both[..colon], both[(colon + 1)..]);
        }

        return new Engine.Models.AuthConfig
        {
            Username = NullIfEmpty(user),
            Password = NullIfEmpty(password),
            ServerAddress = NullIfEmpty(auth.ServerAddress),
            IdentityToken = NullIfEmpty(auth.IdentityToken),
            RegistryToken = NullIfEmpty(auth.RegistryToken),
        };
    }

    /// <summary>The engine passes a registry's error on as text only.</summary>
    public static RuntimeErrorCode PullErrorCode(string message)
    {
        bool Says(string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);
        return Says("unauthorized") || Says("denied") || Says("authentication required") || Says("no basic auth") ? RuntimeErrorCode.PermissionDenied
            : Says("manifest unknown") || Says("not found") || Says("does not exist") ? RuntimeErrorCode.NotFound
            : RuntimeErrorCode.Unknown;
    }

    private static Image New(string id, IReadOnlyList<string>? tags, IReadOnlyList<string>? digests, long size, string sandboxImage) => new()
    {
        Id = id,
        RepoTags = { Names(tags) },
        RepoDigests = { Names(digests) },
        Size = (ulong)Math.Max(0, size),
        Spec = new ImageSpec { Image = id },
        Pinned = ImageReference.TryParse(sandboxImage, out var pause) && pause.Names(id, tags, digests),
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
