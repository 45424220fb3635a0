using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Allocation;
using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Devices;

/// <summary>Gives containers the devices they ask for, and remembers who has which, over a restart of the kubelet too.</summary>
/// <param name="numaNodes">Those of the host.</param>
internal sealed partial class DeviceManager(DeviceInventory inventory, DeviceLedger ledger, CheckpointFile checkpoint, IReadOnlyList<int> numaNodes, DeviceMetrics metrics, TimeProvider time, ILogger<DeviceManager> logger)
    : IResourceProvider, IDisposable
{
    private const string Allocate = "Allocate";

    /// <summary>One container after the other: who comes second has to see what the first has got.</summary>
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _file = new();

    /// <summary>Reads what an earlier kubelet has left, and from then on writes down what changes.</summary>
    public void Start()
    {
        try
        {
            if (checkpoint.Read() is { } file)
            {
                var known = DeviceCheckpoint.Parse(file);
                foreach (var assignment in known.Assignments)
                {
                    ledger.Add(assignment);
                }

                foreach (var resource in known.Registered.Keys)
                {
                    inventory.Expect(resource);
                }
            }
        }
        catch (InvalidDataException e)
        {
            LogDamaged(checkpoint.Path, e.Message);
        }

        inventory.Changed += Save;
    }

    public void Dispose() => _turn.Dispose();

    public bool Concerns(Pod pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers).Any(c => Wanted(c).Count > 0);

    public void Collect(IReadOnlySet<PodUid> active)
    {
        if (ledger.Collect(active))
        {
            Save();
        }
    }

    public IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?> Hints(Pod pod, Container container) =>
        Wanted(container).ToDictionary(w => w.Name, w => HintsFor(w.Name, w.Count, ledger.Find(pod.Uid(), container.Name, w.Name)?.Ids ?? Nothing, ledger.Reusable(pod.Uid(), w.Name)));

    public IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?> PodHints(Pod pod) => PodResourceSums.Limits(pod, onlyEnforced: false)
        .Where(l => l.Value > 0 && IsManaged(l.Key))
        .ToDictionary(l => l.Key, l => HintsFor(l.Key, (int)l.Value, ledger.All.Where(a => a.Pod == pod.Uid() && a.Resource == l.Key).SelectMany(a => a.Ids).ToImmutableSortedSet(StringComparer.Ordinal), Nothing));

    public async Task AllocateAsync(Pod pod, Container container, NumaHint hint, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var given = false;
            foreach (var (resource, count) in Wanted(container))
            {
                given |= await AllocateAsync(pod, container, resource, count, hint, cancellationToken);
            }

            ledger.NoteReuse(pod.Uid(), container.Name, keeps: container.IsSidecar() || pod.Spec.Containers.Any(c => c.Name == container.Name));
            if (given)
            {
                Save();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>What the container's devices bring with them. Called before each of its starts: plugins that want to know are told.</summary>
    /// <exception cref="AllocationException">It has no devices and can get none now.</exception>
    public async Task<ContainerExtras> ExtrasAsync(Pod pod, Container container, CancellationToken cancellationToken)
    {
        var wanted = Wanted(container);
        if (wanted.Any(w => ledger.Find(pod.Uid(), container.Name, w.Name) is null))
        {
            await AllocateAsync(pod, container, NumaHint.None, cancellationToken);
        }

        foreach (var (resource, _) in wanted)
        {
            if (inventory.Find(resource) is { Options.PreStartRequired: true, Plugin: { } plugin } && ledger.Find(pod.Uid(), container.Name, resource) is { } assignment)
            {
                await CallAsync("PreStartContainer", async () =>
                {
                    await plugin.PreStartAsync(assignment.Ids, cancellationToken);
                    return true;
                });
            }
        }

        return DeviceExtras.Of(ledger.Of(pod.Uid(), container.Name));
    }

    /// <summary>How many the container wants of each resource that has a plugin.</summary>
    private List<(string Name, int Count)> Wanted(Container container) => container.Resources is not { } resources
        ? []
        : [.. resources.Limits.Select(l => (l.Key, Count: (int)Math.Min(ResourceAmounts.Units(l.Value), int.MaxValue))).Where(l => l.Count > 0 && IsManaged(l.Key)).OrderBy(l => l.Key, StringComparer.Ordinal)];

    private bool IsManaged(string resource) => inventory.Find(resource) is not null || ledger.Has(resource);

    private static ImmutableSortedSet<string> Nothing => ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <returns>Whether the container got something that it did not have.</returns>
    private async Task<bool> AllocateAsync(Pod pod, Container container, string name, int count, NumaHint hint, CancellationToken cancellationToken)
    {
        var has = ledger.Find(pod.Uid(), container.Name, name);
        if (has is not null && has.Ids.Count != count)
        {
            throw new AllocationException($"pod \"{pod.Metadata.Uid}\" container \"{container.Name}\" changed request for resource \"{name}\" from {has.Ids.Count} to {count}");
        }

        var resource = inventory.Find(name) ?? throw new AllocationException($"cannot allocate unregistered device {name}");
        if (resource.Healthy.IsEmpty)
        {
            throw new AllocationException($"no healthy devices present; cannot allocate unhealthy devices {name}");
        }

        if (has is not null)
        {
            return resource.Healthy.IsSupersetOf(has.Ids) ? false : throw new AllocationException($"previously allocated devices are no longer healthy; cannot allocate unhealthy devices {name}");
        }

        var plugin = resource.Plugin ?? throw new AllocationException($"endpoint {name} has been stopped");
        var request = new DeviceRequest(name, resource, count, ledger.Reusable(pod.Uid(), name), ledger.InUse(name), hint.Affinity);
        var ids = await DeviceChoice.ChooseAsync(request, async (available, mustInclude, size) =>
        {
            if (!resource.Options.GetPreferredAllocationAvailable)
            {
                return null;
            }

            var preferred = await CallAsync("GetPreferredAllocation", () => plugin.PreferAsync(available, mustInclude, size, cancellationToken));
            return preferred.ContainerResponses.FirstOrDefault()?.DeviceIDs;
        });
        var started = time.GetTimestamp();
        try
        {
            var answer = await CallAsync(Allocate, () => plugin.AllocateAsync(ids, cancellationToken));
            if (answer.ContainerResponses.Count == 0)
            {
                throw new AllocationException($"no containers return in allocation response {answer}");
            }

            ledger.Add(DeviceAssignment.Of(pod.Uid(), container.Name, resource, name, ids, answer.ContainerResponses[0]));
            return true;
        }
        finally
        {
            metrics.Allocated(name, time.GetElapsedTime(started));
        }
    }

    private IReadOnlyList<NumaHint>? HintsFor(string name, int count, ImmutableSortedSet<string> has, ImmutableSortedSet<string> reusable)
    {
        if (inventory.Find(name) is not { HasTopology: true } resource)
        {
            return null;
        }

        if (!has.IsEmpty)
        {
            return has.Count == count ? DeviceHints.For(resource, has, Nothing, count, numaNodes) : [];
        }

        var available = resource.Healthy.Except(ledger.InUse(name));
        return available.Union(reusable).Count < count ? [] : DeviceHints.For(resource, available, reusable, count, numaNodes);
    }

    /// <exception cref="AllocationException">In upstream's words, which name the call but for the most usual.</exception>
    private static async Task<T> CallAsync<T>(string name, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RuntimeException e)
        {
            var message = e.Message.StartsWith(name + ": ", StringComparison.Ordinal) ? e.Message[(name.Length + 2)..] : e.Message;
            throw new AllocationException($"{(name == Allocate ? "" : $"device plugin {name} rpc failed with err: ")}rpc error: code = {e.Code} desc = {message}");
        }
    }

    private void Save()
    {
        lock (_file)
        {
            try
            {
                checkpoint.Write(new DeviceCheckpoint([.. ledger.All], inventory.Resources.ToImmutableSortedDictionary(r => r.Key, r => r.Value.Healthy.ToImmutableArray())).ToJson());
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogNotWritten(checkpoint.Path, e.Message);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Error, "Which devices containers have is not known, because the checkpoint {Path} cannot be used: {Error}")]
    private partial void LogDamaged(string path, string error);

    [LoggerMessage(2, LogLevel.Error, "Which devices containers have cannot be written to {Path}; a kubelet that starts anew will not know: {Error}")]
    private partial void LogNotWritten(string path, string error);
}
