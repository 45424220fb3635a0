namespace NodeAgent.Scheduler.Plugins.VolumeBinding;

/// <summary>What VolumeBinding knows of one attempt.</summary>
internal sealed class VolumeBindingState(ClaimPlan plan)
{
    public ClaimPlan Plan => plan;

    /// <summary>By node, for those that fit.</summary>
    public Dictionary<string, PodVolumes> ByNode { get; } = new(StringComparer.Ordinal);

    public bool HasStaticBindings { get; set; }

    /// <summary>What was assumed for the chosen node; null before Reserve and when all is bound already.</summary>
    public PodVolumes? Assumed { get; set; }
}
