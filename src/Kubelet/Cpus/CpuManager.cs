using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NodeAgent.Kubelet.Allocation;
using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Cpus;

/// <summary>
/// The static policy: containers of guaranteed pods that ask for whole CPUs have them for themselves; all others share the rest.
/// </summary>
/// <param name="reserved">CPUs that no container has for itself.</param>
internal sealed partial class CpuManager(CpuLayout host, CpuSet reserved, CpuPolicyOptions options, CheckpointFile checkpoint, CpuMetrics metrics, ILogger<CpuManager> logger) : IResourceProvider
{
    public const string Policy = "static";

    private const string Misaligned = "SMTAlignmentError";

    private readonly Lock _lock = new();
    private readonly Dictionary<PodUid, CpuSet> _reusable = [];
    private CpuState _state = CpuState.Empty;

    /// <summary>No quota slows down a container on CPUs of its own.</summary>
    public bool LiftsQuota { get; init; } = true;

    public CpuState State => Volatile.Read(ref _state);

    /// <summary>What containers can have for themselves, taken or not.</summary>
    public CpuSet Allocatable => host.All.Except(reserved);

    /// <summary>As many of the lowest CPUs as the node reserves, where the configuration does not name them.</summary>
    public static CpuSet Reserve(CpuLayout host, int count, CpuPolicyOptions options) => CpuPicker.Take(host, host.All, count, options) ?? host.All;

    /// <summary>Reads what an earlier kubelet has left.</summary>
    /// <exception cref="InvalidDataException">It does not fit this host or this configuration, and going on could put two containers on one CPU.</exception>
    public void Start()
    {
        var fresh = CpuState.Empty with { Shared = options.StrictReservation ? Allocatable : host.All };
        try
        {
            var known = checkpoint.Read() is { } file ? CpuCheckpoint.Parse(file) : (Policy: "", State: CpuState.Empty);
            Save(known.Policy == Policy && !known.State.Shared.IsEmpty ? Valid(known.State) : known.State.Exclusive.IsEmpty ? fresh : throw new InvalidDataException("it has CPUs of containers and none that are shared"));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"the CPU manager cannot go on from {checkpoint.Path}: {e.Message}; drain the node, remove the file and start the kubelet again", e);
        }
    }

    public bool Concerns(Pod pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers).Any(c => CpuRequests.Of(pod, c) > 0);

    /// <summary>Whether the container runs on CPUs of its own.</summary>
    public bool HasExclusive(PodUid pod, string container) => State.Of(pod, container) is not null;

    public bool HasExclusive(PodUid pod) => State.Exclusive.ContainsKey(pod.Value);

    /// <summary>Where the container is to run.</summary>
    public CpuSet CpusOf(PodUid pod, string container) => State.Of(pod, container) ?? State.Shared;

    public void Collect(IReadOnlySet<PodUid> active)
    {
        lock (_lock)
        {
            foreach (var gone in _reusable.Keys.Where(p => !active.Contains(p)).ToList())
            {
                _reusable.Remove(gone);
            }

            var next = _state.Exclusive.Keys.Select(p => new PodUid(p)).Where(p => !active.Contains(p)).Aggregate(_state, (state, pod) => state.Release(pod));
            if (next != _state)
            {
                Save(next);
            }
        }
    }

    public IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?> Hints(Pod pod, Container container)
    {
        var count = CpuRequests.Of(pod, container);
        return count == 0 ? NoHints : Answer(State.Of(pod.Uid(), container.Name) is { } has
            ? has.Count == count ? CpuHints.For(host, has, CpuSet.Empty, count, options.AlignBySocket) : []
            : CpuHints.For(host, Available, Reusable(pod.Uid()), count, options.AlignBySocket));
    }

    public IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?> PodHints(Pod pod)
    {
        var count = CpuRequests.Of(pod);
        if (count == 0)
        {
            return NoHints;
        }

        var assigned = CpuSet.Empty;
        foreach (var container in pod.Spec.InitContainers.Concat(pod.Spec.Containers))
        {
            if (State.Of(pod.Uid(), container.Name) is { } has)
            {
                if (has.Count != CpuRequests.Of(pod, container))
                {
                    return Answer([]);
                }

                assigned = assigned.Union(has);
            }
        }

        return Answer(assigned.Count == count
            ? CpuHints.For(host, assigned, CpuSet.Empty, count, options.AlignBySocket)
            : CpuHints.For(host, Available, Reusable(pod.Uid()).Union(assigned), count, options.AlignBySocket));
    }

    public Task AllocateAsync(Pod pod, Container container, NumaHint hint, CancellationToken cancellationToken)
    {
        var count = CpuRequests.Of(pod, container);
        if (count > 0)
        {
            metrics.Requested();
            try
            {
                lock (_lock)
                {
                    Allocate(pod, container, count, hint.Affinity);
                }
            }
            catch (AllocationException)
            {
                metrics.Failed();
                throw;
            }
        }

        return Task.CompletedTask;
    }

    public Task<ContainerExtras> ExtrasAsync(Pod pod, Container container, CancellationToken cancellationToken) =>
        Task.FromResult(ContainerExtras.Nothing with { Cpus = CpusOf(pod.Uid(), container.Name).ToString(), NoCpuQuota = LiftsQuota && HasExclusive(pod.Uid(), container.Name) });

    private static IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?> NoHints => ImmutableDictionary<string, IReadOnlyList<NumaHint>?>.Empty;

    private CpuSet Available => State.Shared.Except(reserved);

    private static Dictionary<string, IReadOnlyList<NumaHint>?> Answer(IReadOnlyList<NumaHint> hints) => new() { [ResourceAmounts.Cpu] = hints };

    private CpuSet Reusable(PodUid pod)
    {
        lock (_lock)
        {
            return _reusable.GetValueOrDefault(pod) ?? CpuSet.Empty;
        }
    }

    private void Allocate(Pod pod, Container container, int count, NumaMask? affinity)
    {
        CheckWholeCores(count);
        var cpus = _state.Of(pod.Uid(), container.Name);
        if (cpus is null)
        {
            cpus = Choose(Available.Union(Reusable(pod.Uid())), count, affinity)
                ?? throw new AllocationException($"not enough cpus available to satisfy request: requested={count}, available={Available.Union(Reusable(pod.Uid())).Count}");
            Save(_state.Give(pod.Uid(), container.Name, cpus));
        }

        // What an init container has is free again when the next one starts; a sidecar runs on.
        var reusable = Reusable(pod.Uid());
        _reusable[pod.Uid()] = pod.Spec.InitContainers.Any(c => c.Name == container.Name && !c.IsSidecar()) ? reusable.Union(cpus) : reusable.Except(cpus);
    }

    private void CheckWholeCores(int count)
    {
        if (!options.WholeCores)
        {
            return;
        }

        if (count % host.PerCore != 0)
        {
            throw new AllocationException($"SMT Alignment Error: requested {count} cpus not multiple cpus per core = {host.PerCore}", Misaligned);
        }

        var cores = reserved.Select(c => host[c].Core).ToHashSet();
        var whole = _state.Shared.Count(c => !cores.Contains(host[c].Core));
        if (count > whole)
        {
            throw new AllocationException($"SMT Alignment Error: not enough free physical CPUs: available physical CPUs = {whole}, requested CPUs = {count}, CPUs per core = {host.PerCore}", Misaligned);
        }
    }

    private CpuSet? Choose(CpuSet available, int count, NumaMask? affinity)
    {
        var chosen = CpuSet.Empty;
        if (affinity is { } nodes)
        {
            var sockets = host.Places.Where(c => nodes.Has(c.Node)).Select(c => c.Socket).ToHashSet();
            var aligned = available.Intersect(host.Where(c => options.AlignBySocket ? sockets.Contains(c.Socket) : nodes.Has(c.Node)));
            if (CpuPicker.Take(host, aligned, Math.Min(count, aligned.Count), options) is not { } near)
            {
                return null;
            }

            chosen = near;
        }

        return CpuPicker.Take(host, available.Except(chosen), count - chosen.Count, options) is { } rest ? chosen.Union(rest) : null;
    }

    private CpuState Valid(CpuState state)
    {
        if (options.StrictReservation && reserved.Overlaps(state.Shared))
        {
            throw new InvalidDataException($"some of strictly reserved cpus: \"{reserved.Intersect(state.Shared)}\" are present in defaultCpuSet: \"{state.Shared}\"");
        }

        if (!options.StrictReservation && !reserved.IsSubsetOf(state.Shared))
        {
            throw new InvalidDataException($"not all reserved cpus: \"{reserved}\" are present in defaultCpuSet: \"{state.Shared}\"");
        }

        foreach (var (pod, containers) in state.Exclusive)
        {
            foreach (var (container, cpus) in containers.Where(c => c.Value.Overlaps(state.Shared)))
            {
                throw new InvalidDataException($"pod: {pod}, container: {container} cpuset: \"{cpus}\" overlaps with default cpuset \"{state.Shared}\"");
            }
        }

        var (known, there) = (state.Shared.Union(state.Taken), options.StrictReservation ? Allocatable : host.All);
        return known.Equals(there) ? state : throw new InvalidDataException($"current set of available CPUs \"{there}\" doesn't match with CPUs in state \"{known}\"");
    }

    private void Save(CpuState state)
    {
        Volatile.Write(ref _state, state);
        metrics.Show(state, reserved, host);
        try
        {
            checkpoint.Write(CpuCheckpoint.ToJson(Policy, state));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(checkpoint.Path, e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "Which CPUs containers have cannot be written to {Path}; a kubelet that starts anew will not know: {Error}")]
    private partial void LogNotWritten(string path, string error);
}
