using Microsoft.AspNetCore.Http;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Hosting.Server;
using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>A page of metrics that are all made from one measurement, taken when the page is asked for.</summary>
internal sealed class ScrapedUsage(IUsageSource source, UsageDetail detail) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private UsageSnapshot? _current;

    public MetricsRegistry Registry { get; } = new();

    /// <summary>For the callbacks of the registry's families.</summary>
    public UsageSnapshot Current => _current ?? throw new InvalidOperationException("there is no scrape under way");

    /// <summary>Whether the last measurement failed.</summary>
    public bool Failed { get; private set; }

    public async Task ServeAsync(HttpContext context)
    {
        await _one.WaitAsync(context.RequestAborted);
        try
        {
            try
            {
                (_current, Failed) = (source.Collect(detail), false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                (_current, Failed) = (null, true);
            }

            await StandardEndpoints.WriteMetricsAsync(context, Registry);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();
}
