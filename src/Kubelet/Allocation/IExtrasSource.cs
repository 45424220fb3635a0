namespace NodeAgent.Kubelet.Allocation;

/// <summary>Knows of something that containers get besides what their specs say.</summary>
internal interface IExtrasSource
{
    /// <summary>Called before each start of the container.</summary>
    /// <exception cref="AllocationException">The container cannot start now.</exception>
    Task<ContainerExtras> ExtrasAsync(Pod pod, Container container, CancellationToken cancellationToken);
}
