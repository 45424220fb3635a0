using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Cri;

/// <summary>The image service of an engine that speaks CRI v1.</summary>
internal sealed class CriImageService(GrpcChannel channel, TimeSpan requestTimeout) : IImageService
{
    public async Task<IReadOnlyList<Image>> ListImagesAsync(ImageFilter? filter, CancellationToken cancellationToken)
    {
        var response = await channel.UnaryAsync(CriMethods.ListImages, new ListImagesRequest { Filter = filter }, requestTimeout, cancellationToken);
        return response.Images;
    }

    public async Task<Image?> ImageStatusAsync(ImageSpec image, CancellationToken cancellationToken)
    {
        var response = await channel.UnaryAsync(CriMethods.ImageStatus, new ImageStatusRequest { Image = image }, requestTimeout, cancellationToken);
        return response.Image;
    }

    public async Task<string> PullImageAsync(ImageSpec image, AuthConfig? auth, PodSandboxConfig? sandboxConfig, CancellationToken cancellationToken)
    {
        var request = new PullImageRequest { Image = image, Auth = WithScheme(auth), SandboxConfig = sandboxConfig };
        var response = await channel.UnaryAsync(CriMethods.PullImage, request, null, cancellationToken);
        return response.ImageRef.Length > 0
            ? response.ImageRef
            : throw new RuntimeException(RuntimeErrorCode.Internal, $"PullImage: the engine's answer for {image.Image} has no reference");
    }

    public async Task RemoveImageAsync(ImageSpec image, CancellationToken cancellationToken)
    {
        try
        {
            await channel.UnaryAsync(CriMethods.RemoveImage, new RemoveImageRequest { Image = image }, requestTimeout, cancellationToken);
        }
        catch (RuntimeException e) when (e.Code == RuntimeErrorCode.NotFound)
        {
            // Removed is what was asked for.
        }
    }

    public Task<ImageFsInfoResponse> ImageFsInfoAsync(CancellationToken cancellationToken) =>
        channel.UnaryAsync(CriMethods.ImageFsInfo, new ImageFsInfoRequest(), requestTimeout, cancellationToken);

    // containerd reads the server's address as a URL, and "127.0.0.1:5000" is none.
    private static AuthConfig? WithScheme(AuthConfig? auth)
    {
        if (auth is not { ServerAddress.Length: > 0 } || auth.ServerAddress.Contains("://", StringComparison.Ordinal))
        {
            return auth;
        }

        var copy = auth.Clone();
        copy.ServerAddress = "https://" + auth.ServerAddress;
        return copy;
    }
}
