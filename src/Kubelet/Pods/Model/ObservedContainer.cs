namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>One container instance as the runtime last told it; immutable, and small, because one is kept per container.</summary>
internal sealed record ObservedContainer
{
    public required string Id { get; init; }

    /// <summary>The runtime's name, as it stands before the id in the API.</summary>
    public string Runtime { get; init; } = "containerd";

    /// <summary>The id in the API's form, such as <c>containerd://4f1c…</c>.</summary>
    public string ApiId => $"{Runtime}://{Id}";

    public required string Name { get; init; }

    public required string SandboxId { get; init; }

    public required Cri.ContainerState State { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset FinishedAt { get; init; }

    public int ExitCode { get; init; }

    /// <summary>Why it ended, in the runtime's words (Completed, Error, OOMKilled); empty while it runs.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The termination message, when the container left one.</summary>
    public string Message { get; init; } = "";

    /// <summary>How many instances of this container ran before this one.</summary>
    public int RestartCount { get; init; }

    /// <summary>The hash of the spec that it was made from; empty when the container carries none.</summary>
    public string Hash { get; init; } = "";

    public string Image { get; init; } = "";

    public string ImageId { get; init; } = "";

    public ContainerUser? User { get; init; }

    public string StopSignal { get; init; } = "";

    public bool IsRunning => State == Cri.ContainerState.ContainerRunning;

    public bool IsExited => State == Cri.ContainerState.ContainerExited;
}
