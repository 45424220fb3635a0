using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Cpus;

/// <summary>Moves running containers to the CPUs they are to have: as the shared ones become fewer or more, and after a restart of the kubelet.</summary>
internal sealed partial class CpuReconciler(CpuManager cpus, PodManager pods, IRuntimeService runtime, TimeSpan period, TimeProvider time, ILogger<CpuReconciler> logger) : IDisposable
{
    private readonly SemaphoreSlim _wake = new(0, 1);

    /// <summary>What containers have been moved to, by id.</summary>
    private Dictionary<string, CpuSet> _applied = [];

    /// <summary>Looks at once, where upstream waits for the next period.</summary>
    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Awake already.
        }
    }

    public void Dispose() => _wake.Dispose();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await ApplyAsync(cancellationToken);
            using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var timer = Task.Delay(period, time, soon.Token);
            await Task.WhenAny(timer, _wake.WaitAsync(soon.Token));
            await soon.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Looks once.</summary>
    internal async Task ApplyAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, CpuSet> applied = [];
        foreach (var worker in pods.Workers.Where(w => !w.IsDone))
        {
            foreach (var container in worker.Observed.Containers.Where(c => c.IsRunning))
            {
                var wanted = cpus.CpusOf(worker.Uid, container.Name);
                if (_applied.GetValueOrDefault(container.Id) is { } has && has.Equals(wanted))
                {
                    applied[container.Id] = has;
                }
                else if (!wanted.IsEmpty && await MoveAsync(worker.Pod, container, wanted, cancellationToken))
                {
                    applied[container.Id] = wanted;
                }
            }
        }

        _applied = applied;
    }

    private async Task<bool> MoveAsync(Pod pod, ObservedContainer container, CpuSet wanted, CancellationToken cancellationToken)
    {
        try
        {
            var resources = new Cri.LinuxContainerResources { CpusetCpus = wanted.ToString() };
            await runtime.UpdateContainerResourcesAsync(new Cri.UpdateContainerResourcesRequest { ContainerId = container.Id, Linux = resources }, cancellationToken);
            return true;
        }
        catch (RuntimeException e)
        {
            LogNotMoved(container.Name, pod.Describe(), wanted.ToString(), e.Message);
            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Container {Container} of pod {Pod} is not on the CPUs {Cpus} yet and is tried again: {Error}")]
    private partial void LogNotMoved(string container, string pod, string cpus, string error);
}
