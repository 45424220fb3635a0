using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;

namespace NodeAgent.Bench.Scheduling;

/// <summary>Counts bindings as any client sees them. The API server drops watchers that fall behind, so it is an informer, which goes on.</summary>
internal sealed class BindingWatch(IKubeClient client, int expected, Action onFirst) : IInformerHandler<Pod>, IDisposable
{
    private readonly HashSet<string> _bound = [];
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();

    public long First { get; private set; }

    public long Last { get; private set; }

    public int Count => _bound.Count;

    /// <summary>Bound pods that are still there, for who wants to delete some.</summary>
    public ConcurrentQueue<string> Names { get; } = new();

    public Task AllAsync(TimeSpan patience) => _all.Task.WaitAsync(patience);

    public async Task RunAsync()
    {
        var options = new InformerOptions<Pod>(LabelSelector: "bench=measured", FieldSelector: "spec.nodeName!=");
        var informer = new Informer<Pod>(client, Resources.Pods, options, NullLoggerFactory.Instance, TimeProvider.System);
        informer.AddHandler(this);
        try
        {
            await informer.RunAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Asked for.
        }
    }

    public Task StopAsync() => _stop.CancelAsync();

    public void Dispose() => _stop.Dispose();

    public void OnAdd(Pod value, bool isInInitialList)
    {
        if (!_bound.Add(value.Metadata.Name))
        {
            return;
        }

        Last = Stopwatch.GetTimestamp();
        Names.Enqueue(value.Metadata.Name);
        if (_bound.Count == 1)
        {
            First = Last;
            onFirst();
        }

        if (_bound.Count == expected)
        {
            _all.TrySetResult();
        }
    }

    public void OnUpdate(Pod oldValue, Pod newValue)
    {
        // Bound already.
    }

    public void OnDelete(Pod value)
    {
        // It was bound, that is what counts.
    }
}
