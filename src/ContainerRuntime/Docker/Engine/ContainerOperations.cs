using System.Globalization;
using System.Net;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;

namespace NodeAgent.ContainerRuntime.Docker.Engine;

/// <summary>Containers. A container is named by its id or its name.</summary>
internal sealed class ContainerOperations(DockerTransport transport)
{
    public Task<CreateContainerResponse> CreateContainerAsync(string name, CreateContainerParameters parameters, CancellationToken cancellationToken) =>
        transport.SendAsync(
            HttpMethod.Post, $"/containers/create?name={Uri.EscapeDataString(name)}",
            parameters, DockerJson.Default.CreateContainerParameters, DockerJson.Default.CreateContainerResponse, cancellationToken);

    /// <returns>False when it ran already.</returns>
    public async Task<bool> StartContainerAsync(string id, CancellationToken cancellationToken) =>
        await transport.SendAsync(HttpMethod.Post, $"/containers/{id}/start", cancellationToken) != HttpStatusCode.NotModified;

    /// <summary>Sends the stop signal, and SIGKILL after <paramref name="waitBeforeKillSeconds"/>.</summary>
    /// <returns>False when it did not run.</returns>
    public async Task<bool> StopContainerAsync(string id, int waitBeforeKillSeconds, CancellationToken cancellationToken) =>
        await transport.SendAsync(
            HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"/containers/{id}/stop?t={waitBeforeKillSeconds}"),
            cancellationToken, transport.Timeout + TimeSpan.FromSeconds(waitBeforeKillSeconds)) != HttpStatusCode.NotModified;

    public Task KillContainerAsync(string id, string signal, CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Post, $"/containers/{id}/kill?signal={signal}", cancellationToken);

    /// <summary>Returns when the container does not run any more.</summary>
    public Task<ContainerWaitResponse> WaitContainerAsync(string id, CancellationToken cancellationToken) =>
        transport.SendAsync(
            HttpMethod.Post, $"/containers/{id}/wait", DockerJson.Default.ContainerWaitResponse, cancellationToken, Timeout.InfiniteTimeSpan);

    public Task<ContainerInspectResponse> InspectContainerAsync(string id, CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Get, $"/containers/{Uri.EscapeDataString(id)}/json", DockerJson.Default.ContainerInspectResponse, cancellationToken);

    /// <summary>All containers that match, running or not.</summary>
    public Task<IReadOnlyList<ContainerListResponse>> ListContainersAsync(IReadOnlyList<(string Key, string Value)> filters, CancellationToken cancellationToken) =>
        transport.SendAsync(
            HttpMethod.Get, $"/containers/json?all=1&filters={Uri.EscapeDataString(DockerJson.Filter([.. filters]))}",
            DockerJson.Default.IReadOnlyListContainerListResponse, cancellationToken);

    /// <summary>Removes the container and its anonymous volumes.</summary>
    public Task RemoveContainerAsync(string id, bool force, CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Delete, $"/containers/{id}?v=1&force={(force ? 1 : 0)}", cancellationToken);

    /// <summary>One sample, without waiting for a second one.</summary>
    public Task<ContainerStatsResponse> GetContainerStatsAsync(string id, CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Get, $"/containers/{id}/stats?stream=0&one-shot=1", DockerJson.Default.ContainerStatsResponse, cancellationToken);

    public Task<ContainerUpdateResponse> UpdateContainerAsync(string id, ContainerUpdateParameters parameters, CancellationToken cancellationToken) =>
        transport.SendAsync(
            HttpMethod.Post, $"/containers/{id}/update",
            parameters, DockerJson.Default.ContainerUpdateParameters, DockerJson.Default.ContainerUpdateResponse, cancellationToken);

    public Task ResizeContainerTtyAsync(string id, int width, int height, CancellationToken cancellationToken) =>
        transport.SendAsync(
            HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"/containers/{id}/resize?w={width}&h={height}"), cancellationToken);

    public async Task<MultiplexedStream> AttachContainerAsync(
        string id, bool tty, bool stdin, bool stdout, bool stderr, string detachKeys, CancellationToken cancellationToken)
    {
        var path = $"/containers/{id}/attach?stream=1&stdin={Flag(stdin)}&stdout={Flag(stdout)}&stderr={Flag(stderr)}&detachKeys={Uri.EscapeDataString(detachKeys)}";
        var connection = await transport.HijackAsync(path, null, DockerJson.Default.ContainerExecStartParameters, cancellationToken);
        return new MultiplexedStream(connection, multiplexed: !tty);
    }

    private static int Flag(bool value) => value ? 1 : 0;
}
