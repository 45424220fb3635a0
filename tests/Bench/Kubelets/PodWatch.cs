using System.Collections.Concurrent;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.Bench.Kubelets;

/// <summary>Watches the pods of one node, as a client would, and says when one is Ready and when it is gone.</summary>
internal sealed class PodWatch : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _ready = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gone = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _reading = Task.CompletedTask;

    public static async Task<PodWatch> StartAsync(IKubeClient client, string node)
    {
        var selector = "spec.nodeName=" + node;
        var list = await client.ListAsync(Resources.Pods, null, new ListOptions(FieldSelector: selector), CancellationToken.None);
        var watch = new PodWatch();
        watch._reading = watch.ReadAsync(client, selector, list.ResourceVersion);
        return watch;
    }

    public Task ReadyAsync(string name) => WaitAsync(_ready, name, "Ready");

    public Task GoneAsync(string name) => WaitAsync(_gone, name, "gone");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _reading;
        }
        catch (OperationCanceledException)
        {
            // Asked for.
        }

        _stop.Dispose();
    }

    private async Task ReadAsync(IKubeClient client, string selector, string resourceVersion)
    {
        while (true)
        {
            var options = new WatchOptions(FieldSelector: selector, ResourceVersion: resourceVersion, Timeout: TimeSpan.FromMinutes(30));
            await foreach (var change in client.WatchAsync(Resources.Pods, null, options, _stop.Token))
            {
                if (change.Type == WatchEventType.Deleted)
                {
                    Source(_gone, change.Object.Metadata.Name).TrySetResult();
                }
                else if (change.Type != WatchEventType.Bookmark)
                {
                    Seen(change.Object);
                }
            }

            // The API server ends the watch of a client that reads too slowly, as this one may on a loaded host.
            var list = await client.ListAsync(Resources.Pods, null, new ListOptions(FieldSelector: selector), _stop.Token);
            resourceVersion = list.ResourceVersion;
            foreach (var pod in list.Items)
            {
                Seen(pod);
            }

            foreach (var name in _gone.Keys.Except(list.Items.Select(p => p.Metadata.Name)))
            {
                Source(_gone, name).TrySetResult();
            }
        }
    }

    private void Seen(Pod pod)
    {
        if (IsReady(pod))
        {
            Source(_ready, pod.Metadata.Name).TrySetResult();
        }
    }

    private static bool IsReady(Pod pod) => pod.Status?.Conditions.Any(c => c.Type == "Ready" && c.Status == "True") == true;

    private static TaskCompletionSource Source(ConcurrentDictionary<string, TaskCompletionSource> sources, string name) =>
        sources.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task WaitAsync(ConcurrentDictionary<string, TaskCompletionSource> sources, string name, string state)
    {
        try
        {
            var first = await Task.WhenAny(Source(sources, name).Task, _reading).WaitAsync(Patience);
            if (first == _reading)
            {
                await first;
            }
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"waited {Patience.TotalSeconds:0} s for pod {name} to be {state}");
        }
    }
}
