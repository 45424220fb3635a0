using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime;

/// <summary>Images of one engine, as CRI v1 defines them. Safe for concurrent use.</summary>
public interface IImageService
{
    Task<IReadOnlyList<Image>> ListImagesAsync(ImageFilter? filter, CancellationToken cancellationToken);

    /// <returns>The image, or null when the engine does not have it.</returns>
    Task<Image?> ImageStatusAsync(ImageSpec image, CancellationToken cancellationToken);

    /// <param name="auth">Credentials for the registry; null for none.</param>
    /// <returns>The reference of the pulled image (its id or digest).</returns>
    Task<string> PullImageAsync(ImageSpec image, AuthConfig? auth, PodSandboxConfig? sandboxConfig, CancellationToken cancellationToken);

    /// <summary>Idempotent: an image that is not there counts as removed.</summary>
    Task RemoveImageAsync(ImageSpec image, CancellationToken cancellationToken);

    Task<ImageFsInfoResponse> ImageFsInfoAsync(CancellationToken cancellationToken);
}
