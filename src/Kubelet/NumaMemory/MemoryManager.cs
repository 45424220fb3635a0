using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Allocation;
using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.NumaMemory;

/// <summary>The policy Static: containers of guaranteed pods have the memory of certain NUMA nodes, and run out of it nowhere else.</summary>
/// <param name="empty">The nodes without pods.</param>
internal sealed partial class MemoryManager(MemoryState empty, CheckpointFile checkpoint, MetricsRegistry metrics, ILogger<MemoryManager> logger) : IResourceProvider
{
    public const string Policy = "Static";

    private readonly Lock _lock = new();
    private readonly Counter _requests = metrics.CreateCounter("kubelet_memory_manager_pinning_requests_total", "The number of memory pages allocations which required pinning.");
    private readonly Counter _errors = metrics.CreateCounter("kubelet_memory_manager_pinning_errors_total", "The number of memory pages allocations which required pinning that failed.");

    /// <summary>What init containers of a pod leave behind, by the nodes it lies on and its kind.</summary>
    private readonly Dictionary<(PodUid Pod, NumaMask Nodes, string Type), long> _reusable = [];
    private readonly MemoryState _empty = empty;
    private MemoryState _state = empty;

    public MemoryState State => Volatile.Read(ref _state);

    /// <summary>Reads what an earlier kubelet has left.</summary>
    /// <exception cref="InvalidDataException">It does not fit this host or this configuration.</exception>
    public void Start()
    {
        try
        {
            if (checkpoint.Read() is { } file && MemoryCheckpoint.Parse(file) is { Policy: Policy } known)
            {
                var state = new MemoryState(_empty.Empty, known.Blocks);
                foreach (var block in known.Blocks.Values.SelectMany(p => p.Values).SelectMany(b => b))
                {
                    if (block.Nodes.Nodes.Any(n => !_empty.Empty.ContainsKey(n)))
                    {
                        throw new InvalidDataException("[memorymanager] (pod entries) the expected machine state is different from the real one: it has NUMA nodes that this host does not have");
                    }
                }

                foreach (var group in known.Blocks.Values.SelectMany(p => p.Values).SelectMany(b => b).GroupBy(b => (b.Nodes, b.Type)))
                {
                    if (group.Sum(b => b.Size) > group.Key.Nodes.Nodes.Sum(n => _empty.Empty[n].Allocatable(group.Key.Type)))
                    {
                        throw new InvalidDataException($"[memorymanager] the expected machine state is different from the real one: containers have more {group.Key.Type} on the NUMA nodes {group.Key.Nodes} than there is for them");
                    }
                }

                _state = state;
            }
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"the memory manager cannot go on from {checkpoint.Path}: {e.Message}; drain the node, remove the file and start the kubelet again", e);
        }

        Save(_state);
    }

    public bool Concerns(Pod pod) => MemoryRequests.Concerns(pod);

    public void Collect(IReadOnlySet<PodUid> active)
    {
        lock (_lock)
        {
            foreach (var gone in _reusable.Keys.Where(k => !active.Contains(k.Pod)).ToList())
            {
                _reusable.Remove(gone);
            }

            var next = _state.Blocks.Keys.Select(p => new PodUid(p)).Where(p => !active.Contains(p)).Aggregate(_state, (state, pod) => state.Release(pod));
            if (next != _state)
            {
                Save(next);
            }
        }
    }

    public IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?> Hints(Pod pod, Container container) => !Concerns(pod)
        ? None
        : State.Of(pod.Uid(), container.Name) is { } has ? Again(has.Select(b => b.Nodes), MemoryRequests.Of(container)) : Fresh(pod, MemoryRequests.Of(container));

    public IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?> PodHints(Pod pod)
    {
        if (!Concerns(pod))
        {
            return None;
        }

        var request = MemoryRequests.Of(pod);
        return State.Blocks.TryGetValue(pod.Uid().Value, out var has) ? Again(has.Values.SelectMany(b => b).Select(b => b.Nodes), request) : Fresh(pod, request);
    }

    public Task AllocateAsync(Pod pod, Container container, NumaHint hint, CancellationToken cancellationToken)
    {
        if (Concerns(pod))
        {
            _requests.Inc();
            try
            {
                lock (_lock)
                {
                    Allocate(pod, container, hint);
                }
            }
            catch (AllocationException)
            {
                _errors.Inc();
                throw;
            }
        }

        return Task.CompletedTask;
    }

    public Task<ContainerExtras> ExtrasAsync(Pod pod, Container container, CancellationToken cancellationToken)
    {
        var nodes = State.Of(pod.Uid(), container.Name)?.SelectMany(b => b.Nodes.Nodes) ?? [];
        return Task.FromResult(ContainerExtras.Nothing with { MemoryNodes = CpuSet.Of(nodes).ToString() });
    }

    private static IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?> None => ImmutableDictionary<string, IReadOnlyList<NumaHint>?>.Empty;

    private static Dictionary<string, IReadOnlyList<NumaHint>?> Again(IEnumerable<NumaMask> nodes, Dictionary<string, long> request)
    {
        IReadOnlyList<NumaHint> hints = [.. nodes.Distinct().Take(1).Select(n => new NumaHint(n, true))];
        return request.ToDictionary(r => r.Key, IReadOnlyList<NumaHint>? (_) => hints);
    }

    private Dictionary<string, IReadOnlyList<NumaHint>?> Fresh(Pod pod, Dictionary<string, long> request)
    {
        var hints = MemoryHints.For(State, request, (nodes, type) => Reusable(pod.Uid(), nodes, type));
        return request.ToDictionary(r => r.Key, IReadOnlyList<NumaHint>? (_) => hints);
    }

    private long Reusable(PodUid pod, NumaMask nodes, string type)
    {
        lock (_lock)
        {
            return _reusable.GetValueOrDefault((pod, nodes, type));
        }
    }

    private void Allocate(Pod pod, Container container, NumaHint hint)
    {
        var uid = pod.Uid();
        if (_state.Of(uid, container.Name) is { } has)
        {
            NoteReuse(pod, container, has);
            return;
        }

        var request = MemoryRequests.Of(container);
        var nodes = Choose(pod, request, hint);
        ImmutableArray<MemoryBlock> blocks = [.. request.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => new MemoryBlock(nodes, r.Key, r.Value))];

        // What init containers before it leave behind is its own now, and no longer theirs.
        var next = _state;
        foreach (var block in blocks)
        {
            next = TakeOver(next, pod, container, block);
        }

        Save(next.Give(uid, container.Name, blocks));
        NoteReuse(pod, container, blocks);
    }

    private NumaMask Choose(Pod pod, Dictionary<string, long> request, NumaHint hint)
    {
        var all = MemoryHints.For(_state, request, (nodes, type) => _reusable.GetValueOrDefault((pod.Uid(), nodes, type)));
        var best = hint;
        if (hint.Affinity is null)
        {
            best = MemoryHints.Best(all) ?? throw new AllocationException("[memorymanager] failed to get the default NUMA affinity, no NUMA nodes with enough memory is available");
            if (!best.Preferred && hint.Preferred)
            {
                throw new AllocationException("[memorymanager] failed to find the default preferred hint");
            }
        }

        var wanted = best.Affinity!.Value;
        if (!MemoryHints.HasFree(_state, wanted, request) && !all.Any(h => h.Affinity == wanted))
        {
            var extended = MemoryHints.Best(all.Where(h => h.Affinity!.Value.And(wanted) == wanted)) ?? throw new AllocationException("[memorymanager] failed to find NUMA nodes to extend the current topology hint");
            if (!extended.Preferred && best.Preferred)
            {
                throw new AllocationException("[memorymanager] failed to find the extended preferred hint");
            }

            wanted = extended.Affinity!.Value;
        }

        return MemoryHints.FitsGroups(_state, wanted) ? wanted : throw new AllocationException("[memorymanager] preferred hint violates NUMA node allocation");
    }

    private static MemoryState TakeOver(MemoryState state, Pod pod, Container container, MemoryBlock block)
    {
        var left = block.Size;
        foreach (var init in pod.Spec.InitContainers.TakeWhile(c => c.Name != container.Name).Where(c => !c.IsSidecar()))
        {
            if (left == 0 || state.Of(pod.Uid(), init.Name) is not { } blocks)
            {
                continue;
            }

            state = state.Give(pod.Uid(), init.Name, [.. blocks.Select(own =>
            {
                if (own.Type != block.Type || own.Nodes != block.Nodes)
                {
                    return own;
                }

                var taken = Math.Min(own.Size, left);
                left -= taken;
                return own with { Size = own.Size - taken };
            })]);
        }

        return state;
    }

    private void NoteReuse(Pod pod, Container container, ImmutableArray<MemoryBlock> blocks)
    {
        var isInit = pod.Spec.InitContainers.Any(c => c.Name == container.Name && !c.IsSidecar());
        foreach (var block in blocks)
        {
            var key = (pod.Uid(), block.Nodes, block.Type);
            var known = _reusable.GetValueOrDefault(key);
            _reusable[key] = isInit ? Math.Max(known, block.Size) : Math.Max(known - block.Size, 0);
        }
    }

    private void Save(MemoryState state)
    {
        Volatile.Write(ref _state, state);
        try
        {
            checkpoint.Write(MemoryCheckpoint.ToJson(Policy, state));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(checkpoint.Path, e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "Which memory containers have cannot be written to {Path}; a kubelet that starts anew will not know: {Error}")]
    private partial void LogNotWritten(string path, string error);
}
