using NodeAgent.ContainerRuntime.Docker.Engine;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;

namespace NodeAgent.ContainerRuntime.Docker;

/// <summary>Creates containers under names that an earlier, broken-off attempt may have taken.</summary>
internal sealed class ContainerCreator(DockerClient docker)
{
    /// <returns>The id.</returns>
    public async Task<string> CreateAsync(string name, CreateContainerParameters parameters, CancellationToken cancellationToken)
    {
        try
        {
            return (await docker.Containers.CreateContainerAsync(name, parameters, cancellationToken)).ID;
        }
        catch (DockerApiException e) when (EngineCalls.IsNameTaken(e))
        {
            // A create whose answer was lost: its container has never run, or runs no more. One that runs is somebody's.
            await RemoveStoppedAsync(name, cancellationToken);
            return (await docker.Containers.CreateContainerAsync(name, parameters, cancellationToken)).ID;
        }
    }

    private async Task RemoveStoppedAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var holder = await docker.Containers.InspectContainerAsync(name, cancellationToken);
            if (holder.State?.Running != true)
            {
                await docker.Containers.RemoveContainerAsync(holder.ID, force: false, cancellationToken);
            }
        }
        catch (DockerApiException e) when (EngineCalls.IsNotFound(e))
        {
            // Gone between the two calls.
        }
    }
}
