namespace NodeAgent.Scheduler.Config;

/// <summary>The configuration file: kubescheduler.config.k8s.io/v1, by upstream's names and with its defaults.</summary>
internal sealed record KubeSchedulerConfiguration
{
    public int Parallelism { get; init; } = 16;

    public LeaderElectionConfiguration LeaderElection { get; init; } = new();

    public ClientConnectionConfiguration ClientConnection { get; init; } = new();

    public bool EnableProfiling { get; init; } = true;

    public bool EnableContentionProfiling { get; init; } = true;

    public int? PercentageOfNodesToScore { get; init; }

    public long PodInitialBackoffSeconds { get; init; } = 1;

    public long PodMaxBackoffSeconds { get; init; } = 10;

    public bool DelayCacheUntilActive { get; init; }

    public IReadOnlyList<KubeSchedulerProfile> Profiles { get; init; } = [new()];
}
