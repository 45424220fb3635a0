using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cache;

/// <summary>How many pods a matcher selects on each node.</summary>
internal sealed class PodCount(PodMatcher matcher)
{
    private readonly Dictionary<int, bool> _matches = [];
    private int[] _perNode = [];

    public PodMatcher Matcher { get; } = matcher;

    /// <summary>The clock of the table when somebody last asked.</summary>
    public long LastUsed { get; set; }

    public ReadOnlySpan<int> PerNode => _perNode;

    public void Resize(int capacity) => Array.Resize(ref _perNode, capacity);

    public void Add(PodInfo pod, int slot, int by, IReadOnlyDictionary<string, string>? namespaceLabels)
    {
        if (Selects(pod, namespaceLabels))
        {
            _perNode[slot] += by;
        }
    }

    /// <summary>Answers are kept by label set; namespaces that change their labels make the table forget the whole count.</summary>
    private bool Selects(PodInfo pod, IReadOnlyDictionary<string, string>? namespaceLabels)
    {
        if (Matcher.IgnoresTerminating && pod.IsTerminating)
        {
            return false;
        }

        if (!_matches.TryGetValue(pod.Labels.Id, out var matches))
        {
            if (_matches.Count > 10_000)
            {
                _matches.Clear();
            }

            matches = Matcher.Matches(pod.Labels, namespaceLabels);
            _matches[pod.Labels.Id] = matches;
        }

        return matches;
    }
}
