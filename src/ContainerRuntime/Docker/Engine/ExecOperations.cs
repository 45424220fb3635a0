using System.Globalization;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;

namespace NodeAgent.ContainerRuntime.Docker.Engine;

/// <summary>Commands in running containers.</summary>
internal sealed class ExecOperations(DockerTransport transport)
{
    public Task<ContainerExecCreateResponse> ExecCreateContainerAsync(string id, ContainerExecCreateParameters parameters, CancellationToken cancellationToken) =>
        transport.SendAsync(
            HttpMethod.Post, $"/containers/{id}/exec",
            parameters, DockerJson.Default.ContainerExecCreateParameters, DockerJson.Default.ContainerExecCreateResponse, cancellationToken);

    public async Task<MultiplexedStream> StartAndAttachContainerExecAsync(string execId, bool tty, CancellationToken cancellationToken)
    {
        var connection = await transport.HijackAsync(
            $"/exec/{execId}/start", new ContainerExecStartParameters { Tty = tty }, DockerJson.Default.ContainerExecStartParameters, cancellationToken);
        return new MultiplexedStream(connection, multiplexed: !tty);
    }

    public Task<ContainerExecInspectResponse> InspectContainerExecAsync(string execId, CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Get, $"/exec/{execId}/json", DockerJson.Default.ContainerExecInspectResponse, cancellationToken);

    public Task ResizeContainerExecTtyAsync(string execId, int width, int height, CancellationToken cancellationToken) =>
        transport.SendAsync(
            HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"/exec/{execId}/resize?w={width}&h={height}"), cancellationToken);
}
