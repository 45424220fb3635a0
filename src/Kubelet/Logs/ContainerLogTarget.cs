namespace NodeAgent.Kubelet.Logs;

/// <summary>Which of a container's instances has the log that is asked for.</summary>
internal static class ContainerLogTarget
{
    /// <summary>The instance's id, as the engine knows it.</summary>
    /// <exception cref="LogRequestException">There is no such instance yet, or not any more.</exception>
    public static string Choose(Pod pod, string container, bool previous)
    {
        var statuses = pod.Status is { } s ? s.ContainerStatuses.Concat(s.InitContainerStatuses).Concat(s.EphemeralContainerStatuses) : [];
        var status = statuses.FirstOrDefault(candidate => candidate.Name == container);
        var (inContainer, last) = ($"container \"{container}\" in pod \"{pod.Metadata.Name}\"", status?.LastState?.Terminated?.ContainerID ?? "");
        if (status is null)
        {
            throw new LogRequestException(400, $"{inContainer} is not available");
        }

        var id = previous
            ? NotEmpty(last, $"previous terminated {inContainer} not found")
            : status.State switch
            {
                { Running: not null } => NotEmpty(status.ContainerID, $"{inContainer} is not available"),
                { Terminated: { } terminated } => NotEmpty(terminated.ContainerID.Length > 0 ? terminated.ContainerID : last, $"{inContainer} is terminated"),
                _ when last.Length > 0 => last,
                { Waiting: { } waiting } => throw new LogRequestException(400, $"{inContainer} is waiting to start: {Explain(waiting.Reason)}"),
                _ => throw new LogRequestException(400, $"{inContainer} is waiting to start - no logs yet"),
            };
        return WithoutScheme(id);
    }

    /// <summary>containerd://abc -> abc.</summary>
    public static string WithoutScheme(string id) =>
        id.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at ? id[(at + 3)..] : id;

    private static string Explain(string reason) => reason switch
    {
        "ErrImagePull" => "image can't be pulled",
        "ImagePullBackOff" => "trying and failing to pull image",
        _ => reason,
    };

    private static string NotEmpty(string id, string otherwise) => id.Length > 0 ? id : throw new LogRequestException(400, otherwise);
}
