using NodeAgent.ContainerRuntime;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>Counts and times what is asked of the engine about images.</summary>
internal sealed class CountedImages(IImageService inner, RuntimeMetrics metrics) : IImageService
{
    public Task<IReadOnlyList<Cri.Image>> ListImagesAsync(Cri.ImageFilter? filter, CancellationToken cancellationToken) =>
        metrics.CountAsync("list_images", () => inner.ListImagesAsync(filter, cancellationToken));

    public Task<Cri.Image?> ImageStatusAsync(Cri.ImageSpec image, CancellationToken cancellationToken) =>
        metrics.CountAsync("image_status", () => inner.ImageStatusAsync(image, cancellationToken));

    public Task<string> PullImageAsync(Cri.ImageSpec image, Cri.AuthConfig? auth, Cri.PodSandboxConfig? sandboxConfig, CancellationToken cancellationToken) =>
        metrics.CountAsync("pull_image", () => inner.PullImageAsync(image, auth, sandboxConfig, cancellationToken));

    public Task RemoveImageAsync(Cri.ImageSpec image, CancellationToken cancellationToken) =>
        metrics.CountAsync("remove_image", () => inner.RemoveImageAsync(image, cancellationToken));

    public Task<Cri.ImageFsInfoResponse> ImageFsInfoAsync(CancellationToken cancellationToken) =>
        metrics.CountAsync("image_fs_info", () => inner.ImageFsInfoAsync(cancellationToken));
}
