using System.Globalization;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;

namespace NodeAgent.ContainerRuntime.Docker.Engine;

/// <summary>The engine itself.</summary>
internal sealed class SystemOperations(DockerTransport transport)
{
    public Task<SystemInfoResponse> GetSystemInfoAsync(CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Get, "/info", DockerJson.Default.SystemInfoResponse, cancellationToken);

    public Task<VersionResponse> GetVersionAsync(CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Get, "/version", DockerJson.Default.VersionResponse, cancellationToken);

    /// <summary>How much the layers of all images take. Walks them: seconds on a big host.</summary>
    public async Task<SystemDataUsageResponse> GetDataUsageAsync(CancellationToken cancellationToken)
    {
        // From 1.42 on the engine can leave out containers and volumes, which are the slow part.
        var type = await transport.VersionAsync(cancellationToken) >= new Version(1, 42) ? "?type=image" : "";
        return await transport.SendAsync(HttpMethod.Get, $"/system/df{type}", DockerJson.Default.SystemDataUsageResponse, cancellationToken);
    }

    /// <summary>Events as they happen, and those that the engine remembers since <paramref name="since"/>. Ends when the engine does.</summary>
    public IAsyncEnumerable<Message> MonitorEventsAsync(DateTimeOffset since, IReadOnlyList<(string Key, string Value)> filters, CancellationToken cancellationToken)
    {
        var ticks = (since - DateTimeOffset.UnixEpoch).Ticks;
        return transport.StreamAsync(
            HttpMethod.Get,
            string.Create(
                CultureInfo.InvariantCulture,
                $"/events?since={ticks / TimeSpan.TicksPerSecond}.{ticks % TimeSpan.TicksPerSecond * 100:D9}&filters={Uri.EscapeDataString(DockerJson.Filter([.. filters]))}"),
            [], DockerJson.Default.Message, Timeout.InfiniteTimeSpan, cancellationToken);
    }
}
