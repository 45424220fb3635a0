using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Node;

namespace NodeAgent.Kubelet.Eviction;

/// <summary>Reads the thresholds of the configuration.</summary>
internal static class EvictionThresholds
{
    /// <param name="errors">Gets what cannot be understood.</param>
    public static IReadOnlyList<EvictionThreshold> Parse(KubeletConfiguration config, List<string> errors)
    {
        List<EvictionThreshold> found = [];
        var reclaim = config.EvictionMinimumReclaim;
        CheckNames(reclaim.Keys, "evictionMinimumReclaim", errors);
        CheckNames(config.EvictionSoftGracePeriod.Keys, "evictionSoftGracePeriod", errors);
        foreach (var (signal, text) in Hard(config))
        {
            Add("evictionHard", signal, text, TimeSpan.Zero);
        }

        foreach (var (signal, text) in config.EvictionSoft)
        {
            if (config.EvictionSoftGracePeriod.TryGetValue(signal, out var grace) && grace > TimeSpan.Zero)
            {
                Add("evictionSoft", signal, text, grace);
            }
            else
            {
                errors.Add($"evictionSoft.{signal}: grace period must be specified for the soft eviction threshold in evictionSoftGracePeriod");
            }
        }

        return found;

        void Add(string field, string signal, string text, TimeSpan grace)
        {
            CheckNames([signal], field, errors);
            if (EvictionAmount.Parse(text) is not { } amount)
            {
                errors.Add($"{field}.{signal}: \"{text}\" is neither an amount nor a percentage");
                return;
            }

            EvictionAmount? more = null;
            if (reclaim.TryGetValue(signal, out var moreText) && (more = EvictionAmount.Parse(moreText)) is null)
            {
                errors.Add($"evictionMinimumReclaim.{signal}: \"{moreText}\" is neither an amount nor a percentage");
            }

            // 0% and 100% switch a threshold off.
            if (amount.Percent is not (0 or 100))
            {
                found.Add(new EvictionThreshold(signal, amount, grace, more));
            }
        }
    }

    /// <summary>The defaults hold as a whole or not at all, unless they are to be merged.</summary>
    public static IReadOnlyDictionary<string, string> Hard(KubeletConfiguration config)
    {
        if (config.EvictionHard.Count == 0)
        {
            return NodeResources.DefaultEviction;
        }

        return config.MergeDefaultEvictionSettings
            ? NodeResources.DefaultEviction.Where(d => !config.EvictionHard.ContainsKey(d.Key)).Concat(config.EvictionHard).ToDictionary(p => p.Key, p => p.Value)
            : config.EvictionHard;
    }

    private static void CheckNames(IEnumerable<string> signals, string field, List<string> errors)
    {
        foreach (var signal in signals.Where(s => !EvictionSignals.All.Contains(s)))
        {
            errors.Add($"{field}: unknown eviction signal \"{signal}\"; known are {string.Join(", ", EvictionSignals.All)}");
        }
    }
}
