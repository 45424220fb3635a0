using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Shutdown;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Shutdown;

public sealed class ShutdownTimesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("shutdown-").FullName;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_795_248_000));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Times_OfTheLastShutdown_AreThereAfterTheBoot()
    {
        Assert.Contains("kubelet_graceful_shutdown_start_time_seconds 0\n", Text(Load().Registry), StringComparison.Ordinal);
        var times = Load().Times;
        times.Begin();
        Assert.Contains("kubelet_graceful_shutdown_end_time_seconds 0\n", Text(Load().Registry), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(20));
        times.End();

        var after = Text(Load().Registry);

        Assert.Contains("kubelet_graceful_shutdown_start_time_seconds 1795248000\n", after, StringComparison.Ordinal);
        Assert.Contains("kubelet_graceful_shutdown_end_time_seconds 1795248020\n", after, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"startTime\":\"never\"}")]
    [InlineData("[]")]
    public void Load_AFileThatSaysNothing_IsPassedOver(string text)
    {
        File.WriteAllText(Path.Combine(_folder, "graceful_node_shutdown_state"), text);

        Assert.Contains("kubelet_graceful_shutdown_start_time_seconds 0\n", Text(Load().Registry), StringComparison.Ordinal);
    }

    private (ShutdownTimes Times, MetricsRegistry Registry) Load()
    {
        var registry = new MetricsRegistry();
        return (ShutdownTimes.Load(_folder, registry, _time, NullLogger<ShutdownTimes>.Instance), registry);
    }

    private static string Text(MetricsRegistry registry) => Encoding.UTF8.GetString(registry.Expose().Span);
}
