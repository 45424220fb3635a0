using NodeAgent.Hosting.Config;

namespace NodeAgent.Scheduler.Config;

/// <summary>The configuration file: kubescheduler.config.k8s.io/v1, by upstream's names and with its defaults.</summary>
[NotActedOn("enableProfiling", "enableContentionProfiling", "parallelism", "delayCacheUntilActive")]
internal sealed record KubeSchedulerConfiguration
{
    public LeaderElectionConfiguration LeaderElection { get; init; } = new();

    public ClientConnectionConfiguration ClientConnection { get; init; } = new();

    public int? PercentageOfNodesToScore { get; init; }

    public long PodInitialBackoffSeconds { get; init; } = 1;

    public long PodMaxBackoffSeconds { get; init; } = 10;

    public IReadOnlyList<KubeSchedulerProfile> Profiles { get; init; } = [new()];

    public IReadOnlyList<ExtenderConfiguration> Extenders { get; init; } = [];

    /// <summary>Files with plugins of others; this project's own field.</summary>
    public IReadOnlyList<string> PluginAssemblies { get; init; } = [];

    public static ConfigKind Kind { get; } = new("kubescheduler.config.k8s.io/v1", "KubeSchedulerConfiguration");

    /// <summary>Everything that is wrong, each beginning with the field's path.</summary>
    public IEnumerable<string> Validate()
    {
        if (PercentageOfNodesToScore is < 0 or > 100)
        {
            yield return $"percentageOfNodesToScore: {PercentageOfNodesToScore} is not from 0 to 100";
        }

        if (PodInitialBackoffSeconds <= 0)
        {
            yield return $"podInitialBackoffSeconds: {PodInitialBackoffSeconds} must be greater than 0";
        }

        if (PodMaxBackoffSeconds < PodInitialBackoffSeconds)
        {
            yield return $"podMaxBackoffSeconds: {PodMaxBackoffSeconds} must not be less than podInitialBackoffSeconds, {PodInitialBackoffSeconds}";
        }

        if (LeaderElection.LeaderElect && LeaderElection.ResourceLock != "leases")
        {
            yield return $"leaderElection.resourceLock: \"{LeaderElection.ResourceLock}\" is not supported; leases is";
        }

        foreach (var error in ExtenderConfiguration.Validate(Extenders))
        {
            yield return error;
        }

        if (Profiles.Count == 0)
        {
            yield return "profiles: at least one is needed";
        }

        for (var i = 0; i < Profiles.Count; i++)
        {
            if (Profiles[i].SchedulerName.Length == 0)
            {
                yield return $"profiles[{i}].schedulerName: must not be empty";
            }
            else if (Profiles.Take(i).Any(p => p.SchedulerName == Profiles[i].SchedulerName))
            {
                yield return $"profiles[{i}].schedulerName: \"{Profiles[i].SchedulerName}\" is used twice";
            }

            if (Profiles[i].PercentageOfNodesToScore is < 0 or > 100)
            {
                yield return $"profiles[{i}].percentageOfNodesToScore: {Profiles[i].PercentageOfNodesToScore} is not from 0 to 100";
            }
        }
    }
}
