using System.Text.Json.Nodes;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Checkpoints;

namespace NodeAgent.Kubelet.Shutdown;

/// <summary>When the last graceful shutdown began and ended, in upstream's file and metrics: the next start of the kubelet tells it.</summary>
/// <param name="rootDirectory">The kubelet's folder.</param>
internal sealed class ShutdownRecord(string rootDirectory, MetricsRegistry registry)
{
    /// <summary>Go's zero time, which stands for an end that did not come.</summary>
    private static readonly DateTimeOffset Never = DateTimeOffset.MinValue;

    private readonly CheckpointFile _file = new(Path.Combine(rootDirectory, "graceful_node_shutdown_state"));
    private readonly Gauge _start = registry.CreateGauge("kubelet_graceful_shutdown_start_time_seconds", "Last graceful shutdown start time since unix epoch in seconds");
    private readonly Gauge _end = registry.CreateGauge("kubelet_graceful_shutdown_end_time_seconds", "Last graceful shutdown end time since unix epoch in seconds");

    /// <summary>Shows what the file of an earlier run says.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is broken.</exception>
    public void Load()
    {
        if (_file.Read() is { } state)
        {
            _start.Set(Seconds(state["startTime"]));
            _end.Set(Seconds(state["endTime"]));
        }
    }

    public void Began(DateTimeOffset at)
    {
        _start.Set(at.ToUnixTimeSeconds());
        _end.Set(0);
        Write(at, Never);
    }

    public void Ended(DateTimeOffset began, DateTimeOffset at)
    {
        _end.Set(at.ToUnixTimeSeconds());
        Write(began, at);
    }

    private static double Seconds(JsonNode? time) =>
        time is JsonValue value && value.TryGetValue<DateTimeOffset>(out var at) && at != Never ? at.ToUnixTimeSeconds() : 0;

    private void Write(DateTimeOffset began, DateTimeOffset ended) =>
        _file.Write(new JsonObject { ["startTime"] = began.UtcDateTime, ["endTime"] = ended.UtcDateTime });
}
