using Google.Protobuf;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Informers;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework.Events;

namespace NodeAgent.Scheduler;

/// <summary>The informers that the scheduler and its plugins share, one per resource.</summary>
internal sealed class InformerSet(IKubeClient client, Mailbox mailbox, ILoggerFactory loggers, TimeProvider time)
{
    private readonly Dictionary<string, (object Informer, Func<CancellationToken, Task> Run, Task Synced)> _informers = [];
    private readonly HashSet<string> _raising = [];

    public IInformer<T> GetOrAdd<T>(ResourceType<T> type, EventResource? raises = null, InformerOptions<T>? options = null)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var key = $"{type.ApiVersion}/{type.Plural}";
        if (!_informers.TryGetValue(key, out var entry))
        {
            var informer = new Informer<T>(client, type, options ?? new InformerOptions<T>(), loggers, time);
            entry = (informer, informer.RunAsync, informer.Synced);
            _informers[key] = entry;
        }

        var shared = (IInformer<T>)entry.Informer;
        if (raises is { } resource && _raising.Add(key))
        {
            shared.AddHandler(new PostingHandler<T>(mailbox, ChangeKind.Other, resource));
        }

        return shared;
    }

    /// <summary>Completes when every first list is in.</summary>
    public Task Synced => Task.WhenAll(_informers.Values.Select(i => i.Synced));

    /// <summary>Runs all of them until cancelled; ends with the first that fails.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var tasks = _informers.Values.Select(i => i.Run(cancellationToken)).ToList();
        while (tasks.Count > 0)
        {
            var ended = await Task.WhenAny(tasks);
            await ended;
            tasks.Remove(ended);
        }
    }
}
