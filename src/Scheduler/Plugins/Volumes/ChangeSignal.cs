using NodeAgent.KubeApi.Informers;

namespace NodeAgent.Scheduler.Plugins.Volumes;

/// <summary>Wakes all who wait for any change of an informer's objects.</summary>
internal sealed class ChangeSignal : IInformerHandler<object>
{
    private TaskCompletionSource _next = New();

    /// <summary>Completes with the next change. Take it before looking, or a change in between is missed.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void OnAdd(object value, bool isInInitialList) => Set();

    public void OnUpdate(object oldValue, object newValue) => Set();

    public void OnDelete(object value) => Set();

    private void Set() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
