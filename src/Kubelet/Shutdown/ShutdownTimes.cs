using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Shutdown;

/// <summary>
/// When the host's last shutdown began for the pods, and when it was done with them: as metrics, and in a file under upstream's
/// name, because nobody can ask before the host is up again.
/// </summary>
internal sealed partial class ShutdownTimes
{
    private const string FileName = "graceful_node_shutdown_state";

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Gauge _began;
    private readonly Gauge _ended;
    private DateTimeOffset _start;

    private ShutdownTimes(string path, MetricsRegistry metrics, TimeProvider time, ILogger logger)
    {
        _path = path;
        _time = time;
        _logger = logger;
        _began = metrics.CreateGauge("kubelet_graceful_shutdown_start_time_seconds", "Last graceful shutdown start time since unix epoch in seconds");
        _ended = metrics.CreateGauge("kubelet_graceful_shutdown_end_time_seconds", "Last graceful shutdown end time since unix epoch in seconds");
    }

    public static ShutdownTimes Load(string rootFolder, MetricsRegistry metrics, TimeProvider time, ILogger<ShutdownTimes> logger)
    {
        var times = new ShutdownTimes(Path.Combine(rootFolder, FileName), metrics, time, logger);
        times.Read();
        return times;
    }

    public void Begin()
    {
        _start = _time.GetUtcNow();
        _began.Set(Seconds(_start));
        _ended.Set(0);
        Write(default);
    }

    public void End()
    {
        var end = _time.GetUtcNow();
        _ended.Set(Seconds(end));
        Write(end);
    }

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    private void Read()
    {
        if (!File.Exists(_path))
        {
            return;
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(_path));
            Show("startTime", _began);
            Show("endTime", _ended);

            void Show(string name, Gauge gauge)
            {
                if (json.RootElement.TryGetProperty(name, out var value) && value.TryGetDateTimeOffset(out var time) && time > DateTimeOffset.UnixEpoch)
                {
                    gauge.Set(Seconds(time));
                }
            }
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException or UnauthorizedAccessException)
        {
            LogUnreadable(_path, e.Message);
        }
    }

    private void Write(DateTimeOffset end)
    {
        var next = _path + ".new";
        try
        {
            File.WriteAllText(next, new JsonObject { ["startTime"] = _start.UtcDateTime, ["endTime"] = end.UtcDateTime }.ToJsonString());
            Libc.Rename(next, _path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The host is going down: what matters more is that the pods end.
            LogNotKept(_path, e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "When the host was last shut down is not known: {Path} cannot be read: {Error}")]
    private partial void LogUnreadable(string path, string error);

    [LoggerMessage(2, LogLevel.Warning, "When the host is shut down is not kept: {Path} cannot be written: {Error}")]
    private partial void LogNotKept(string path, string error);
}
