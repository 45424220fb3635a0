namespace NodeAgent.ContainerRuntime.Docker.Network;

/// <summary>What a plugin is asked to do.</summary>
internal enum CniCommand
{
    Add,
    Del,
    Check,
}
