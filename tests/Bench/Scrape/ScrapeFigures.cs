namespace NodeAgent.Bench.Scrape;

/// <summary>What one kubelet's pages cost.</summary>
internal sealed class ScrapeFigures
{
    /// <summary>CPU seconds per second while nobody asks for anything.</summary>
    public double Idle { get; set; }

    /// <summary>By page: CPU in milliseconds for one answer, what the kubelet does anyway taken off.</summary>
    public Dictionary<string, double> Milliseconds { get; } = [];

    /// <summary>By page: the answer as it is sent, in bytes before compression.</summary>
    public Dictionary<string, double> Bytes { get; } = [];

    public double Megabytes { get; set; }
}
