using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>
/// The name of a pod's container in Docker: k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT, where CONTAINER is POD for the pause
/// container. It is where CRI's metadata is kept; no part of it can have an underscore.
/// </summary>
internal sealed record PodObjectName(string Container, string Pod, string Namespace, string Uid, uint Attempt)
{
    public const string Sandbox = "POD";
    private const string Prefix = "k8s";

    public static PodObjectName ForSandbox(PodSandboxMetadata metadata) =>
        new(Sandbox, metadata.Name, metadata.Namespace, metadata.Uid, metadata.Attempt);

    public static PodObjectName ForContainer(PodSandboxMetadata sandbox, ContainerMetadata metadata) =>
        new(metadata.Name, sandbox.Name, sandbox.Namespace, sandbox.Uid, metadata.Attempt);

    public PodSandboxMetadata SandboxMetadata => new() { Name = Pod, Namespace = Namespace, Uid = Uid, Attempt = Attempt };

    public ContainerMetadata ContainerMetadata => new() { Name = Container, Attempt = Attempt };

    /// <summary>Reads a name as Docker gives it, with a leading slash or without; a random suffix that cri-dockerd adds is left out.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out PodObjectName? result)
    {
        var parts = name.TrimStart('/').Split('_');
        result = parts.Length is 6 or 7 && parts[0] == Prefix
            && uint.TryParse(parts[5], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
                ? new PodObjectName(parts[1], parts[2], parts[3], parts[4], attempt)
                : null;
        return result is not null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}_{Container}_{Pod}_{Namespace}_{Uid}_{Attempt}");
}
