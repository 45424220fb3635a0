using System.Globalization;
using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>
/// kubelet_node_startup_*: what the node took from the boot of its host until it was Ready. Told once, for a node that this
/// kubelet made known; a restart of the kubelet starts no node.
/// </summary>
/// <param name="uptime">Seconds since the boot of the host, at the kubelet's start.</param>
internal sealed class NodeStartupMetrics(MetricsRegistry registry, double uptime, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private double? _asked;
    private double? _registered;
    private bool _isTold;

    /// <summary>The host's uptime as the kernel tells it.</summary>
    public static double HostUptime() => double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);

    public void Registering() => _asked ??= Now;

    /// <summary>The API server has the node, and had none of this name before.</summary>
    public void Registered()
    {
        if (_registered is null && _asked is { } asked)
        {
            _registered = Now;
            Tell("pre_kubelet", "before kubelet starts", uptime);
            Tell("pre_registration", "before registration", asked);
            Tell("registration", "during registration", Now - asked);
        }
    }

    public void Ready()
    {
        if (_registered is { } registered && !_isTold)
        {
            _isTold = true;
            Tell("post_registration", "after registration", Now - registered);
            registry.CreateGauge("kubelet_node_startup_duration_seconds", "Duration in seconds of node startup in total.").Set(uptime + Now);
        }
    }

    private double Now => time.GetElapsedTime(_start).TotalSeconds;

    private void Tell(string part, string when, double seconds) =>
        registry.CreateGauge($"kubelet_node_startup_{part}_duration_seconds", $"Duration in seconds of node startup {when}.").Set(seconds);
}
