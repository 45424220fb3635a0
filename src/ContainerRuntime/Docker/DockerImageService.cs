using System.Net;
using NodeAgent.ContainerRuntime.Docker.Engine;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker;

/// <summary>Docker Engine's images.</summary>
internal sealed class DockerImageService(DockerClient docker, DockerOptions options, TimeProvider time) : IImageService
{
    private static readonly TimeSpan UsageLifetime = TimeSpan.FromMinutes(1);

    private sealed record KnownUsage(ImageFsInfoResponse Response, long Timestamp);

    private volatile KnownUsage? _usage;

    public Task<IReadOnlyList<Image>> ListImagesAsync(ImageFilter? filter, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync<IReadOnlyList<Image>>("list images", async () =>
        {
            if (filter?.Image is { Image.Length: > 0 } wanted)
            {
                return await FindAsync(wanted.Image, cancellationToken) is { } found ? [ImageMapping.FromInspect(found, options.SandboxImage)] : [];
            }

            var images = await docker.Images.ListImagesAsync(cancellationToken);
            return [.. images.Select(i => ImageMapping.FromList(i, options.SandboxImage))];
        }, cancellationToken);

    public Task<Image?> ImageStatusAsync(ImageSpec image, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"find image {image.Image}", async () =>
            await FindAsync(image.Image, cancellationToken) is { } found ? ImageMapping.FromInspect(found, options.SandboxImage) : null, cancellationToken);

    public Task<string> PullImageAsync(ImageSpec image, V1.AuthConfig? auth, PodSandboxConfig? sandboxConfig, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"pull image {image.Image}", async () =>
        {
            var reference = ImageReference.Parse(image.Image);
            if (reference.Id is not null)
            {
                throw new RuntimeException(RuntimeErrorCode.InvalidArgument, $"cannot pull image {image.Image}: an id names no registry; name a repository");
            }

            var progress = docker.Images.CreateImageAsync(
                reference.Repository, reference.Digest ?? reference.Tag, ImageMapping.ToDocker(auth), options.PullProgressTimeout, cancellationToken);
            await FollowAsync(image.Image, progress);

            var pulled = await docker.Images.InspectImageAsync(reference.ToString(), cancellationToken);
            return ImageMapping.Reference(pulled, reference);
        }, cancellationToken);

    public Task RemoveImageAsync(ImageSpec image, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"remove image {image.Image}", async () =>
        {
            if (await FindAsync(image.Image, cancellationToken) is not { } found)
            {
                return;
            }

            // The engine would take the names off one by one before it sees that the image is in use.
            var users = (await docker.Containers.ListContainersAsync([("ancestor", found.ID)], cancellationToken)).Where(c => c.ImageID == found.ID).ToArray();
            if (users.Length > 0)
            {
                throw new RuntimeException(
                    RuntimeErrorCode.FailedPrecondition, $"cannot remove image {image.Image}: container {users[0].ID[..12]} ({users[0].State}) uses it");
            }

            foreach (var name in ImageMapping.Names(found.RepoTags).Concat(ImageMapping.Names(found.RepoDigests)).Append(found.ID))
            {
                await RemoveNameAsync(name, cancellationToken);
            }
        }, cancellationToken);

    public Task<ImageFsInfoResponse> ImageFsInfoAsync(CancellationToken cancellationToken) =>
        EngineCalls.RunAsync("measure the image filesystem", async () =>
        {
            if (_usage is { } known && time.GetElapsedTime(known.Timestamp) < UsageLifetime)
            {
                return known.Response;
            }

            var info = await docker.System.GetSystemInfoAsync(cancellationToken);
            var used = await docker.System.GetDataUsageAsync(cancellationToken);
            var usage = new FilesystemUsage
            {
                Timestamp = DockerTime.Nanoseconds(time.GetUtcNow()),
                FsId = new FilesystemIdentifier { Mountpoint = info.DockerRootDir },
                UsedBytes = new UInt64Value { Value = (ulong)Math.Max(0, used.LayersSize) },
                InodesUsed = new UInt64Value(),
            };
            var response = new ImageFsInfoResponse { ImageFilesystems = { usage }, ContainerFilesystems = { usage } };
            _usage = new KnownUsage(response, time.GetTimestamp());
            return response;
        }, cancellationToken);

    private async Task<ImageInspectResponse?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (!ImageReference.TryParse(name, out var reference))
        {
            return null;
        }

        try
        {
            var found = await docker.Images.InspectImageAsync(reference.ToString(), cancellationToken);

            // The engine takes a name for the beginning of an id, too.
            return reference.Names(found.ID, found.RepoTags, found.RepoDigests) ? found : null;
        }
        catch (DockerApiException e) when (EngineCalls.IsNotFound(e))
        {
            return null;
        }
    }

    /// <summary>The engine tells a registry's refusal by the status of its answer or, once that has begun, by a message in it.</summary>
    private static async Task FollowAsync(string image, IAsyncEnumerable<JSONMessage> progress)
    {
        try
        {
            await foreach (var message in progress)
            {
                if (message.Error?.Message is { } error)
                {
                    throw new RuntimeException(ImageMapping.PullErrorCode(error), $"cannot pull image {image}: {error}");
                }
            }
        }
        catch (DockerApiException e) when (e.StatusCode is HttpStatusCode.InternalServerError or HttpStatusCode.NotFound)
        {
            throw new RuntimeException(ImageMapping.PullErrorCode(e.Message), $"cannot pull image {image}: {e.Message}", e);
        }
    }

    private async Task RemoveNameAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await docker.Images.DeleteImageAsync(name, cancellationToken);
        }
        catch (DockerApiException e) when (EngineCalls.IsNotFound(e))
        {
            // The image went with the last of its names.
        }
    }
}
