using NodeAgent.Scheduler.Framework;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>Why no node took the pod.</summary>
internal sealed class Diagnosis
{
    private readonly HashSet<string> _rejectedBy = new(StringComparer.Ordinal);
    private readonly HashSet<string> _pendingOn = new(StringComparer.Ordinal);
    private readonly StatusColumn _perNode = new();

    public int NodeCount { get; init; }

    /// <summary>What PreFilter said of the pod as a whole; then nodes have no reasons of their own.</summary>
    public Status? PreFilter { get; set; }

    /// <summary>The status of all nodes that have none of their own, when PreFilter left them out.</summary>
    public Status? Others { get; set; }

    public string PostFilterMessage { get; set; } = "";

    public IReadOnlySet<string> RejectedBy => _rejectedBy;

    public IReadOnlySet<string> PendingOn => _pendingOn;

    public void Add(int slot, Status status)
    {
        if (_perNode.Set(slot, status))
        {
            AddPlugin(status);
        }
    }

    public void AddPlugin(Status status)
    {
        if (status.Plugin.Length > 0)
        {
            (status.Code == StatusCode.Pending ? _pendingOn : _rejectedBy).Add(status.Plugin);
        }
    }

    public void AddPlugin(string name) => _rejectedBy.Add(name);

    public Status? StatusOf(int slot) => _perNode[slot] ?? Others ?? PreFilter;

    /// <summary>The text of the FailedScheduling event. Autoscalers and people's scripts read it: it is upstream's to the letter.</summary>
    public override string ToString()
    {
        var text = $"0/{NodeCount} nodes are available:";
        if (PreFilter is { Message.Length: > 0 })
        {
            text += $" {PreFilter.Message}.";
        }
        else if (CountReasons() is { Count: > 0 } reasons)
        {
            var counted = reasons.Select(r => $"{r.Value} {r.Key}").ToList();
            counted.Sort(StringComparer.Ordinal);
            text += $" {string.Join(", ", counted)}.";
        }

        return PostFilterMessage.Length == 0 ? text : $"{text} {PostFilterMessage}";
    }

    private Dictionary<string, int> CountReasons()
    {
        var reasons = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (status, count) in _perNode.Counts)
        {
            Count(status, count);
        }

        if (Others is not null && NodeCount > _perNode.Count)
        {
            Count(Others, NodeCount - _perNode.Count);
        }

        return reasons;

        void Count(Status status, int by)
        {
            foreach (var reason in status.Reasons)
            {
                reasons[reason] = reasons.GetValueOrDefault(reason) + by;
            }
        }
    }
}
