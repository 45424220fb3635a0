using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Allocation;

/// <summary>
/// Gives pods what they get of the node for themselves, before they start: one pod after the other, each container's
/// resources on NUMA nodes that suit all of them, as the topology policy has it.
/// </summary>
/// <param name="topology">Null when resources need not lie together.</param>
/// <param name="sources">What containers get beside that.</param>
internal sealed class PodAllocator(TopologyPolicy? topology, IReadOnlyList<IResourceProvider> providers, IReadOnlyList<IExtrasSource> sources, TopologyMetrics metrics, TimeProvider time) : IExtrasSource, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Whether all pods of the node are known. Before that nothing is taken back.</summary>
    public Func<bool> SourcesReady { get; set; } = () => false;

    /// <summary>What containers that run may use has changed.</summary>
    public event Action? Changed;

    public void Dispose() => _turn.Dispose();

    /// <param name="active">The pods that hold resources of the node, this one included.</param>
    /// <returns>Why the node cannot serve the pod; null when it has what it needs.</returns>
    public async Task<Verdict?> AdmitAsync(Pod pod, Func<IReadOnlySet<PodUid>> active, CancellationToken cancellationToken)
    {
        var concerned = providers.Where(p => p.Concerns(pod)).ToList();
        if (concerned.Count == 0)
        {
            metrics.Admitted(TimeSpan.Zero);
            return null;
        }

        try
        {
            await _turn.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        // Whoever calls is not to wait for plugins.
        await Task.Yield();
        var started = time.GetTimestamp();
        try
        {
            Collect(active);
            await (topology switch
            {
                null => AllocateAsync(pod, concerned, cancellationToken),
                { Scope: TopologyScope.Pod } => AllocateTogetherAsync(topology, pod, cancellationToken),
                _ => AllocateEachAsync(topology, pod, cancellationToken),
            });
            return null;
        }
        catch (AllocationException e)
        {
            metrics.Refused(topology);
            return e.Verdict;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The kubelet stops; the next one begins anew.
            return null;
        }
        catch (Exception e)
        {
            // A mistake of this kubelet's: it costs this pod, and is told.
            return new AllocationException(e.Message).Verdict;
        }
        finally
        {
            metrics.Admitted(time.GetElapsedTime(started));
            _turn.Release();
            Changed?.Invoke();
        }
    }

    /// <summary>Takes back what pods have that are no more.</summary>
    public void Collect(Func<IReadOnlySet<PodUid>> active)
    {
        if (SourcesReady())
        {
            var uids = active();
            foreach (var provider in providers)
            {
                provider.Collect(uids);
            }

            Changed?.Invoke();
        }
    }

    public async Task<ContainerExtras> ExtrasAsync(Pod pod, Container container, CancellationToken cancellationToken)
    {
        var all = ContainerExtras.Nothing;
        foreach (var source in providers.Concat(sources))
        {
            all = all.With(await source.ExtrasAsync(pod, container, cancellationToken));
        }

        return all;
    }

    private static IEnumerable<Container> Containers(Pod pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers);

    private static async Task AllocateAsync(Pod pod, IReadOnlyList<IResourceProvider> concerned, CancellationToken cancellationToken)
    {
        foreach (var container in Containers(pod))
        {
            foreach (var provider in concerned)
            {
                await provider.AllocateAsync(pod, container, NumaHint.None, cancellationToken);
            }
        }
    }

    private async Task AllocateEachAsync(TopologyPolicy policy, Pod pod, CancellationToken cancellationToken)
    {
        foreach (var container in Containers(pod))
        {
            var hint = Agree(policy, [.. providers.Select(p => p.Hints(pod, container))]);
            await AllocateAsync(pod, container, hint, cancellationToken);
            metrics.Aligned(policy);
        }
    }

    private async Task AllocateTogetherAsync(TopologyPolicy policy, Pod pod, CancellationToken cancellationToken)
    {
        var hint = Agree(policy, [.. providers.Select(p => p.PodHints(pod))]);
        foreach (var container in Containers(pod))
        {
            await AllocateAsync(pod, container, hint, cancellationToken);
        }

        metrics.Aligned(policy);
    }

    private async Task AllocateAsync(Pod pod, Container container, NumaHint hint, CancellationToken cancellationToken)
    {
        foreach (var provider in providers)
        {
            await provider.AllocateAsync(pod, container, hint, cancellationToken);
        }
    }

    private NumaHint Agree(TopologyPolicy policy, IReadOnlyList<IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?>> hints)
    {
        var (hint, admit) = policy.Merge(hints);
        if (!admit)
        {
            metrics.NotAligned(policy);
            throw new AllocationException("Resources cannot be allocated with Topology locality", "TopologyAffinityError");
        }

        return hint;
    }
}
