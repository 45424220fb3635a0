namespace NodeAgent.KubeApi.Manifests;

/// <summary>What no honest manifest exceeds, and what keeps a hostile one from eating the machine.</summary>
internal static class ManifestLimits
{
    public const int MaxDepth = 100;

    /// <summary>With aliases followed.</summary>
    public const int MaxNodes = 250_000;
}
