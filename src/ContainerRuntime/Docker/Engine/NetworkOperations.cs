using NodeAgent.ContainerRuntime.Docker.Engine.Models;

namespace NodeAgent.ContainerRuntime.Docker.Engine;

/// <summary>Docker's own networks.</summary>
internal sealed class NetworkOperations(DockerTransport transport)
{
    public Task<IReadOnlyList<NetworkResponse>> ListNetworksAsync(IReadOnlyList<(string Key, string Value)> filters, CancellationToken cancellationToken) =>
        transport.SendAsync(
            HttpMethod.Get, $"/networks?filters={Uri.EscapeDataString(DockerJson.Filter([.. filters]))}",
            DockerJson.Default.IReadOnlyListNetworkResponse, cancellationToken);

    public Task<NetworksCreateResponse> CreateNetworkAsync(NetworksCreateParameters parameters, CancellationToken cancellationToken) =>
        transport.SendAsync(
            HttpMethod.Post, "/networks/create",
            parameters, DockerJson.Default.NetworksCreateParameters, DockerJson.Default.NetworksCreateResponse, cancellationToken);
}
