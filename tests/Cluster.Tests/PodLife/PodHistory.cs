using System.Collections.Concurrent;
using System.Diagnostics;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>Every version of every pod, and every event, as a client that watches sees them.</summary>
public sealed class PodHistory : IAsyncDisposable
{
    // Fifty pods start at once on hosts that do other things, too.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    private readonly ConcurrentDictionary<string, List<Pod>> _pods = new();
    private readonly ConcurrentDictionary<string, bool> _gone = new();
    private readonly ConcurrentDictionary<string, Event> _events = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _reading = [];

    public void Start(IKubeClient client)
    {
        _reading.Add(ReadAsync(client, Resources.Pods, change =>
        {
            var versions = _pods.GetOrAdd(change.Object.Metadata.Name, _ => []);
            lock (versions)
            {
                versions.Add(change.Object);
            }

            _gone[change.Object.Metadata.Name] = change.Type == WatchEventType.Deleted;
        }));
        _reading.Add(ReadAsync(client, Resources.CoreEvents, change => _events[change.Object.Metadata.Name] = change.Object));
    }

    /// <summary>The names of all pods so far, gone ones included.</summary>
    public IReadOnlyCollection<string> All => [.. _pods.Keys];

    /// <summary>All versions of the pod so far, oldest first.</summary>
    public IReadOnlyList<Pod> Of(string name)
    {
        if (!_pods.TryGetValue(name, out var versions))
        {
            return [];
        }

        lock (versions)
        {
            return [.. versions];
        }
    }

    /// <summary>The events about the pod: reason and message.</summary>
    public IReadOnlyList<(string Reason, string Message, int Count)> EventsOf(string pod) =>
        [.. _events.Values.Where(e => e.InvolvedObject.Name == pod).Select(e => (e.Reason, e.Message, e.Count))];

    /// <summary>The first version of the pod, past ones included, of which the condition holds; waits for it.</summary>
    public async Task<Pod> WaitAsync(string name, string what, Func<Pod, bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (Of(name).FirstOrDefault(p => p.Status is not null && condition(p)) is { } found)
            {
                return found;
            }

            if (waited.Elapsed > Patience)
            {
                throw new TimeoutException($"waited {Patience.TotalSeconds:0} s for pod {name}: {what}; now it is {(Of(name) is [.., var last] ? KubeJson.ToText(last.Status) : "unknown")}, events: {string.Join("; ", EventsOf(name))}");
            }

            await Task.Delay(50);
        }
    }

    public async Task WaitForEventAsync(string pod, string reason, string message)
    {
        var waited = Stopwatch.StartNew();
        while (!EventsOf(pod).Any(e => e.Reason == reason && e.Message.Contains(message, StringComparison.Ordinal)))
        {
            if (waited.Elapsed > Patience)
            {
                throw new TimeoutException($"waited {Patience.TotalSeconds:0} s for an event {reason} of {pod} with \"{message}\"; there are: {string.Join("; ", EventsOf(pod))}");
            }

            await Task.Delay(50);
        }
    }

    public async Task WaitUntilGoneAsync(string name)
    {
        var waited = Stopwatch.StartNew();
        while (!_gone.TryGetValue(name, out var gone) || !gone)
        {
            if (waited.Elapsed > Patience)
            {
                throw new TimeoutException($"waited {Patience.TotalSeconds:0} s for pod {name} to be gone");
            }

            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_reading).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _stop.Dispose();
    }

    private async Task ReadAsync<T>(IKubeClient client, ResourceType<T> type, Action<WatchEvent<T>> take)
        where T : class, IKubeObject, Google.Protobuf.IMessage<T>, new()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var change in client.WatchAsync(type, null, new WatchOptions(Timeout: TimeSpan.FromMinutes(30)), _stop.Token))
                {
                    if (change.Type != WatchEventType.Bookmark)
                    {
                        take(change);
                    }
                }
            }
            catch (Exception e) when (e is IOException or HttpRequestException or KubeApiException)
            {
                // Watched again from what is there now.
                await Task.Delay(200, _stop.Token);
            }
        }
    }
}
