using System.Text;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Shutdown;

namespace NodeAgent.Kubelet.Tests.Shutdown;

public sealed class ShutdownRecordTests : IDisposable
{
    private static readonly DateTimeOffset Begin = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("na-shutdown-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Load_AfterAShutdown_TellsItsTimes()
    {
        var record = new ShutdownRecord(_folder.FullName, new MetricsRegistry());
        record.Began(Begin);
        record.Ended(Begin, Begin.AddSeconds(7));

        Assert.Contains("kubelet_graceful_shutdown_start_time_seconds 1800000000\n", Loaded());
        Assert.Contains("kubelet_graceful_shutdown_end_time_seconds 1800000007\n", Loaded());
    }

    [Fact]
    public void Load_AfterAShutdownThatWasCutShort_TellsNoEnd()
    {
        new ShutdownRecord(_folder.FullName, new MetricsRegistry()).Began(Begin);

        Assert.Contains("kubelet_graceful_shutdown_start_time_seconds 1800000000\n", Loaded());
        Assert.Contains("kubelet_graceful_shutdown_end_time_seconds 0\n", Loaded());
    }

    [Fact]
    public void Load_OfUpstreamsFile_IsUnderstood()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "graceful_node_shutdown_state"), """{"startTime":"2027-01-15T08:00:00.123456789Z","endTime":"0001-01-01T00:00:00Z"}""");

        Assert.Contains("kubelet_graceful_shutdown_start_time_seconds 1800000000\n", Loaded());
        Assert.Contains("kubelet_graceful_shutdown_end_time_seconds 0\n", Loaded());
    }

    [Fact]
    public void Load_OfADamagedFile_SaysSo()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "graceful_node_shutdown_state"), "{\"startTime\":");

        Assert.Throws<InvalidDataException>(Loaded);
    }

    private string Loaded()
    {
        var registry = new MetricsRegistry();
        new ShutdownRecord(_folder.FullName, registry).Load();
        return Encoding.UTF8.GetString(registry.Expose().Span);
    }
}
