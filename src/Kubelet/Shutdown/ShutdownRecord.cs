using System.Text.Json;
using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Kubelet.Shutdown;

/// <summary>When the last graceful shutdown began and ended, in upstream's file and metrics: the next start of the kubelet tells it.</summary>
/// <param name="rootDirectory">The kubelet's folder.</param>
internal sealed class ShutdownRecord(string rootDirectory, MetricsRegistry registry)
{
    /// <summary>Go's zero time, which stands for an end that did not come.</summary>
    private static readonly DateTimeOffset Never = DateTimeOffset.MinValue;

    private readonly string _file = Path.Combine(rootDirectory, "graceful_node_shutdown_state");
    private readonly Gauge _start = registry.CreateGauge("kubelet_graceful_shutdown_start_time_seconds", "Last graceful shutdown start time since unix epoch in seconds");
    private readonly Gauge _end = registry.CreateGauge("kubelet_graceful_shutdown_end_time_seconds", "Last graceful shutdown end time since unix epoch in seconds");

    /// <summary>Shows what the file of an earlier run says.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="JsonException">It is broken.</exception>
    public void Load()
    {
        if (!File.Exists(_file))
        {
            return;
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(_file));
        _start.Set(Seconds(Time("startTime")));
        _end.Set(Seconds(Time("endTime")));

        DateTimeOffset Time(string name) => document.RootElement.TryGetProperty(name, out var value) && value.TryGetDateTimeOffset(out var time) ? time : Never;
    }

    public void Began(DateTimeOffset at)
    {
        _start.Set(Seconds(at));
        _end.Set(0);
        Write(at, Never);
    }

    public void Ended(DateTimeOffset began, DateTimeOffset at)
    {
        _end.Set(Seconds(at));
        Write(began, at);
    }

    private static double Seconds(DateTimeOffset time) => time == Never ? 0 : time.ToUnixTimeSeconds();

    private void Write(DateTimeOffset began, DateTimeOffset ended)
    {
        using (var file = File.Create(_file + ".tmp"))
        {
            using (var writer = new Utf8JsonWriter(file))
            {
                writer.WriteStartObject();
                writer.WriteString("startTime", began.UtcDateTime);
                writer.WriteString("endTime", ended.UtcDateTime);
                writer.WriteEndObject();
            }

            // The host is about to go down.
            file.Flush(flushToDisk: true);
        }

        File.Move(_file + ".tmp", _file, overwrite: true);
    }
}
