namespace NodeAgent.Scheduler.Plugins.InterPodAffinity;

/// <summary>The pluginConfig of InterPodAffinity.</summary>
internal sealed record InterPodAffinityArgs : IPluginArgs
{
    /// <summary>What a required affinity of a pod on a node is worth to pods that it is about.</summary>
    public int HardPodAffinityWeight { get; init; } = 1;

    /// <summary>Preferences of pods on nodes count only for pods with preferences of their own.</summary>
    public bool IgnorePreferredTermsOfExistingPods { get; init; }

    public IEnumerable<string> Validate()
    {
        if (HardPodAffinityWeight is < 0 or > 100)
        {
            yield return $"hardPodAffinityWeight: {HardPodAffinityWeight} is not from 0 to 100";
        }
    }
}
