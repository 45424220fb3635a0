using Microsoft.Extensions.Hosting;

namespace NodeAgent.Hosting.Server;

/// <summary>The daemon listens to signals, not each of its servers.</summary>
internal sealed class NoHostLifetime : IHostLifetime
{
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
