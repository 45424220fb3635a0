using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cycle;

/// <inheritdoc cref="IWaitingPod"/>
internal sealed class WaitingPod : IWaitingPod, IDisposable
{
    private readonly TaskCompletionSource<Status> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly HashSet<string> _pending;
    private readonly List<ITimer> _timers = [];

    public WaitingPod(PodInfo pod, string nodeName, IReadOnlyDictionary<string, TimeSpan> timeouts, TimeProvider time)
    {
        Pod = pod;
        NodeName = nodeName;
        _pending = [.. timeouts.Keys];
        foreach (var (plugin, timeout) in timeouts)
        {
            _timers.Add(time.CreateTimer(_ => Reject(plugin, $"rejected due to timeout after waiting {timeout.TotalSeconds}s at plugin {plugin}"), null, timeout, Timeout.InfiniteTimeSpan));
        }
    }

    public PodInfo Pod { get; }

    public string NodeName { get; }

    /// <summary>What the plugin asked last that made the pod wait said.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Success when every plugin has allowed the pod, or the refusal.</summary>
    public Task<Status> Outcome => _outcome.Task;

    public IReadOnlyCollection<string> PendingPlugins
    {
        get
        {
            lock (_lock)
            {
                return [.. _pending];
            }
        }
    }

    public void Allow(string pluginName)
    {
        lock (_lock)
        {
            _pending.Remove(pluginName);
            if (_pending.Count > 0)
            {
                return;
            }
        }

        _outcome.TrySetResult(Status.Success);
    }

    public void Reject(string pluginName, string reason) =>
        _outcome.TrySetResult(Status.Unschedulable($"pod \"{Pod.Name}\" rejected while waiting on permit: {reason}").WithPlugin(pluginName));

    public void Dispose() => _timers.ForEach(t => t.Dispose());
}
