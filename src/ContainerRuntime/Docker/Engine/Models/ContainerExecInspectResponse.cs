namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record ContainerExecInspectResponse
{
    public string ID { get; init; } = "";

    public bool Running { get; init; }

    public int? ExitCode { get; init; }

    public int Pid { get; init; }

    public string ContainerID { get; init; } = "";
}
