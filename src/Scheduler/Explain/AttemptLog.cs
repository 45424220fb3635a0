namespace NodeAgent.Scheduler.Explain;

/// <summary>The last attempts of the pods tried last. Belongs to the decision loop; its size is bounded whatever happens.</summary>
internal sealed class AttemptLog(int maxPods = 10_000, int attemptsPerPod = 3)
{
    private readonly Dictionary<string, LinkedListNode<Entry>> _pods = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _oldestFirst = new();

    public int Count => _pods.Count;

    public void Add(string uid, AttemptRecord attempt)
    {
        if (_pods.TryGetValue(uid, out var node))
        {
            _oldestFirst.Remove(node);
        }
        else
        {
            node = _pods.Count >= maxPods ? TakeOldest() : new LinkedListNode<Entry>(new Entry());
            node.Value = new Entry { Uid = uid };
            _pods[uid] = node;
        }

        _oldestFirst.AddLast(node);
        var attempts = node.Value.Attempts;
        if (attempts.Count == attemptsPerPod)
        {
            attempts.RemoveAt(0);
        }

        // Nothing changes for most pods from one attempt to the next: the text is kept once.
        attempts.Add(attempts.Count > 0 && attempts[^1].Message == attempt.Message ? attempt with { Message = attempts[^1].Message } : attempt);
    }

    public void Remove(string uid)
    {
        if (_pods.Remove(uid, out var node))
        {
            _oldestFirst.Remove(node);
        }
    }

    /// <summary>The newest last.</summary>
    public IReadOnlyList<AttemptRecord> Of(string uid) => _pods.TryGetValue(uid, out var node) ? [.. node.Value.Attempts] : [];

    /// <summary>What the last attempt said; null without one, or when it succeeded.</summary>
    public string? LastMessage(string uid) => _pods.TryGetValue(uid, out var node) && node.Value.Attempts is [.., var last] ? last.Message : null;

    private LinkedListNode<Entry> TakeOldest()
    {
        var node = _oldestFirst.First!;
        _oldestFirst.RemoveFirst();
        _pods.Remove(node.Value.Uid);
        return node;
    }

    private sealed class Entry
    {
        public string Uid { get; init; } = "";

        public List<AttemptRecord> Attempts { get; } = new(1);
    }
}
