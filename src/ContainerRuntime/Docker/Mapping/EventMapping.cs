using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>Docker's events as CRI's.</summary>
internal static class EventMapping
{
    /// <summary>What the engine is asked for: containers of pods, the four things that CRI knows of, and lack of memory, which may be the reason of an end that was told before.</summary>
    public static readonly IReadOnlyList<(string, string)> Filters =
        [("type", "container"), ("label", DockerLabels.Type), ("event", "create"), ("event", "start"), ("event", "die"), ("event", "oom"), ("event", "destroy")];

    /// <returns>
    /// Null for what is not an event of a pod's container. The sandbox's status has its id and metadata, which tell the pod;
    /// the rest is to be asked for.
    /// </returns>
    public static ContainerEventResponse? FromDocker(Message message)
    {
        var attributes = message.Actor?.Attributes;
        if (Kind(message.Action) is not { } kind || attributes is null || !PodObjectName.TryParse(attributes.GetValueOrDefault("name") ?? "", out var name))
        {
            return null;
        }

        var sandbox = attributes.GetValueOrDefault(DockerLabels.Type) == DockerLabels.TypeSandbox;
        return new ContainerEventResponse
        {
            ContainerId = message.Actor!.ID,
            ContainerEventType = kind,
            CreatedAt = message.TimeNano,
            PodSandboxStatus = new PodSandboxStatus
            {
                Id = sandbox ? message.Actor.ID : attributes.GetValueOrDefault(DockerLabels.SandboxId) ?? "",
                Metadata = name.SandboxMetadata,
                State = sandbox && kind != ContainerEventType.ContainerStartedEvent ? PodSandboxState.SandboxNotready : PodSandboxState.SandboxReady,
            },
        };
    }

    private static ContainerEventType? Kind(string action) => action switch
    {
        "create" => ContainerEventType.ContainerCreatedEvent,
        "start" => ContainerEventType.ContainerStartedEvent,
        "die" or "oom" => ContainerEventType.ContainerStoppedEvent,
        "destroy" => ContainerEventType.ContainerDeletedEvent,
        _ => null,
    };
}
