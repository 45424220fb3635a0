using NodeAgent.ContainerRuntime.Docker.Engine;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;

namespace NodeAgent.ContainerRuntime.Docker;

/// <summary>The engine's description, asked for at most once a minute: an engine may come back with other settings.</summary>
internal sealed class EngineFactsSource(DockerClient docker, int oomScoreFloor, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private sealed record Known(EngineFacts Facts, long Timestamp);

    private volatile Known? _known;

    public async ValueTask<EngineFacts> GetAsync(CancellationToken cancellationToken)
    {
        if (_known is { } known && time.GetElapsedTime(known.Timestamp) < Lifetime)
        {
            return known.Facts;
        }

        return await RefreshAsync(await docker.System.GetSystemInfoAsync(cancellationToken), cancellationToken);
    }

    public async ValueTask<EngineFacts> RefreshAsync(SystemInfoResponse info, CancellationToken cancellationToken)
    {
        var api = await docker.ApiVersionAsync(cancellationToken);
        var facts = new EngineFacts(
            api, info.CgroupDriver == "systemd", info.DockerRootDir, [.. (info.Runtimes ?? new Dictionary<string, EmptyStruct>()).Keys], oomScoreFloor);
        _known = new Known(facts, time.GetTimestamp());
        return facts;
    }
}
