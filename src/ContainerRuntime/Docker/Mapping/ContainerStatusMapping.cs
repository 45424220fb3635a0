using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>Docker's containers as CRI's.</summary>
internal static class ContainerStatusMapping
{
    /// <summary>The exit code that CRI's users know for a container that could not be started.</summary>
    public const int CannotRunExitCode = 128;

    /// <returns>Null for a container that is not one of a pod.</returns>
    public static Container? FromList(ContainerListResponse container)
    {
        if (container.Names is not { Count: > 0 } names || !TryParse(names, out var parsed))
        {
            return null;
        }

        var result = new Container
        {
            Id = container.ID,
            PodSandboxId = container.Labels?.GetValueOrDefault(DockerLabels.SandboxId) ?? "",
            Metadata = parsed.ContainerMetadata,
            Image = new ImageSpec { Image = container.Image, UserSpecifiedImage = container.Labels?.GetValueOrDefault(DockerLabels.UserImage) ?? "" },
            ImageRef = container.ImageID,
            ImageId = container.ImageID,
            State = container.State switch
            {
                "created" => V1.ContainerState.ContainerCreated,
                "running" or "paused" => V1.ContainerState.ContainerRunning,
                "exited" or "dead" or "removing" => V1.ContainerState.ContainerExited,
                _ => V1.ContainerState.ContainerUnknown,
            },
            CreatedAt = DockerLabels.CreatedAtOf(container.Labels, container.Created * 1_000_000_000),
        };
        DockerLabels.Split(container.Labels, result.Labels, result.Annotations);
        return result;
    }

    /// <param name="container">The container.</param>
    /// <param name="image">Its image; null when it has been removed.</param>
    /// <param name="outOfMemory">Whether it is known to have run out of memory, whatever its state says.</param>
    public static ContainerStatus FromInspect(ContainerInspectResponse container, ImageInspectResponse? image, bool outOfMemory = false)
    {
        if (!PodObjectName.TryParse(container.Name, out var parsed))
        {
            throw new RuntimeException(RuntimeErrorCode.NotFound, $"container {container.ID} ({container.Name}) is not one of a pod");
        }

        var state = container.State ?? new Engine.Models.ContainerState();
        var labels = container.Config?.Labels;
        var phase = Phase(state);
        var created = DockerLabels.CreatedAtOf(labels, DockerTime.ToNanoseconds(container.Created));
        var cannotRun = CannotRun(state);
        var status = new ContainerStatus
        {
            Id = container.ID,
            Metadata = parsed.ContainerMetadata,
            State = phase,
            CreatedAt = created,
            StartedAt = cannotRun ? created : DockerTime.ToNanoseconds(state.StartedAt),
            FinishedAt = cannotRun ? created : phase == V1.ContainerState.ContainerExited ? DockerTime.ToNanoseconds(state.FinishedAt) : 0,
            ExitCode = cannotRun ? CannotRunExitCode : phase == V1.ContainerState.ContainerExited ? state.ExitCode : 0,
            Reason = Reason(state, phase, cannotRun, outOfMemory),
            Message = phase == V1.ContainerState.ContainerExited ? state.Error : "",
            Image = new ImageSpec { Image = ImageName(container, image), UserSpecifiedImage = labels?.GetValueOrDefault(DockerLabels.UserImage) ?? "" },
            ImageRef = image?.RepoDigests is [var digest, ..] ? digest : container.Image,
            ImageId = container.Image,
            LogPath = labels?.GetValueOrDefault(DockerLabels.LogPath) ?? "",
            Resources = new ContainerResources { Linux = ResourceMapping.FromDocker(container.HostConfig ?? new HostConfig()) },
            StopSignal = StopSignals.FromDocker(container.Config?.StopSignal),
            Mounts = { (container.Mounts ?? []).Select(MountMapping.FromDocker) },
        };
        DockerLabels.Split(labels, status.Labels, status.Annotations);
        return status;
    }

    /// <summary>Docker leaves a container that could not be started in "created", with an error and an exit code.</summary>
    public static bool CannotRun(Engine.Models.ContainerState state) =>
        !state.Running && state.ExitCode != 0 && DockerTime.ToNanoseconds(state.FinishedAt) == 0;

    private static V1.ContainerState Phase(Engine.Models.ContainerState state)
    {
        if (state.Running)
        {
            return V1.ContainerState.ContainerRunning;
        }

        return DockerTime.ToNanoseconds(state.FinishedAt) != 0 || state.ExitCode != 0
            ? V1.ContainerState.ContainerExited
            : V1.ContainerState.ContainerCreated;
    }

    private static string Reason(Engine.Models.ContainerState state, V1.ContainerState phase, bool cannotRun, bool outOfMemory)
    {
        if (phase != V1.ContainerState.ContainerExited)
        {
            return "";
        }

        return cannotRun ? "ContainerCannotRun"
            : state.OOMKilled || outOfMemory ? "OOMKilled"
            : state.ExitCode == 0 ? "Completed"
            : "Error";
    }

    private static string ImageName(ContainerInspectResponse container, ImageInspectResponse? image)
    {
        var labels = container.Config?.Labels;
        if (labels?.GetValueOrDefault(DockerLabels.UserImage) is { Length: > 0 } asked)
        {
            return asked;
        }

        var name = container.Config?.Image ?? "";
        return name == container.Image && image?.RepoTags is [var tag, ..] ? tag : name;
    }

    /// <summary>Of several names one is the container's own; the others are links, which have another slash.</summary>
    private static bool TryParse(IReadOnlyList<string> names, out PodObjectName parsed)
    {
        foreach (var name in names)
        {
            if (PodObjectName.TryParse(name, out var result))
            {
                parsed = result;
                return true;
            }
        }

        parsed = null!;
        return false;
    }
}
