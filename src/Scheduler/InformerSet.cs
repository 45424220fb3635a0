using Google.Protobuf;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Informers;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework.Events;

namespace NodeAgent.Scheduler;

/// <summary>The informers, one per resource, and other objects that the scheduler and its plugins share.</summary>
internal sealed class InformerSet(IKubeClient client, Mailbox mailbox, ILoggerFactory loggers, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _informers = [];
    private readonly HashSet<string> _raising = [];
    private readonly Dictionary<string, object> _shared = new(StringComparer.Ordinal);
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IInformer<T> GetOrAdd<T>(ResourceType<T> type, EventResource? raises = null, InformerOptions<T>? options = null)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        lock (_lock)
        {
            var key = $"{type.ApiVersion}/{type.Plural}";
            if (!_informers.TryGetValue(key, out var entry))
            {
                var informer = new Informer<T>(client, type, options ?? new InformerOptions<T>(), loggers, time);
                entry = new Entry(informer, informer.RunAsync, informer.Synced);
                _informers[key] = entry;
                _added.TrySetResult();
            }

            var shared = (IInformer<T>)entry.Informer;
            if (raises is { } resource && _raising.Add(key))
            {
                shared.AddHandler(new PostingHandler<T>(mailbox, ChangeKind.Other, resource));
            }

            return shared;
        }
    }

    public T Shared<T>(string key, Func<T> create)
        where T : class
    {
        lock (_lock)
        {
            if (!_shared.TryGetValue(key, out var value))
            {
                value = create();
                _shared[key] = value;
            }

            return (T)value;
        }
    }

    /// <summary>Completes when every first list is in, of the informers there are now.</summary>
    public Task Synced
    {
        get
        {
            lock (_lock)
            {
                return Task.WhenAll(_informers.Values.Select(i => i.Synced));
            }
        }
    }

    /// <summary>Runs all of them, those too that are added later, until cancelled; ends with the first that fails.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var running = new Dictionary<Entry, Task>(ReferenceEqualityComparer.Instance);
        while (true)
        {
            Task added;
            lock (_lock)
            {
                foreach (var entry in _informers.Values.Where(e => !running.ContainsKey(e)))
                {
                    running[entry] = entry.Run(cancellationToken);
                }

                if (_added.Task.IsCompleted)
                {
                    _added = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                added = _added.Task;
            }

            var ended = await Task.WhenAny(running.Values.Append(added));
            await ended;
            if (ended != added)
            {
                await Task.WhenAll(running.Values);
                return;
            }
        }
    }

    private sealed record Entry(object Informer, Func<CancellationToken, Task> Run, Task Synced);
}
