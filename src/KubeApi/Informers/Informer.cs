using Google.Protobuf;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.ListWatch;

namespace NodeAgent.KubeApi.Informers;

/// <inheritdoc cref="IInformer{T}"/>
public sealed partial class Informer<T> : IInformer<T>
    where T : class, IKubeObject, IMessage<T>, new()
{
    private readonly ResourceType<T> _type;
    private readonly InformerOptions<T> _options;
    private readonly ILogger _logger;
    private readonly ListWatch<T> _listWatch;
    private readonly Store<T> _store;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private IInformerHandler<T>[] _handlers = [];
    private bool _hasListed;
    private long _handlerFailures;
    private int _isRunning;

    public Informer(IKubeClient client, ResourceType<T> type, InformerOptions<T> options, ILoggerFactory loggers, TimeProvider time)
    {
        (_type, _options) = (type, options);
        _logger = loggers.CreateLogger($"{typeof(Informer<>).Namespace}.Informer.{type.Plural}");
        _listWatch = new ListWatch<T>(client, type, new ListWatchOptions(options.Namespace, options.LabelSelector, options.FieldSelector, options.PageSize), _logger, time);
        _store = new Store<T>(options.Indexers);
    }

    public Task Synced => _synced.Task;

    public IStore<T> Store => _store;

    /// <summary>Exceptions that handlers and the transform have let escape.</summary>
    public long HandlerFailures => Interlocked.Read(ref _handlerFailures);

    public void AddHandler(IInformerHandler<T> handler)
    {
        lock (_lock)
        {
            _handlers = [.. _handlers, handler];
            foreach (var (_, value) in _store.Entries)
            {
                Notify(handler, null, value, isInitial: true);
            }
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isRunning, 1) != 0)
        {
            throw new InvalidOperationException($"the informer of {_type.Plural} runs already");
        }

        try
        {
            await _listWatch.RunAsync(new Sink(this), cancellationToken);
        }
        finally
        {
            // Whoever still waits for the first list waits for nothing.
            _synced.TrySetCanceled(cancellationToken);
        }
    }

    private void Replace(IReadOnlyList<T> items)
    {
        lock (_lock)
        {
            RemoveMissing(items);
            foreach (var item in items)
            {
                Set(item);
            }

            _hasListed = true;
        }

        _synced.TrySetResult();
    }

    private void RemoveMissing(IReadOnlyList<T> items)
    {
        if (_store.Count == 0)
        {
            return;
        }

        var listed = new HashSet<ObjectKey>(items.Count);
        foreach (var item in items)
        {
            listed.Add(ObjectKey.Of(item));
        }

        foreach (var (key, _) in _store.Entries)
        {
            if (!listed.Contains(key))
            {
                Remove(key, null);
            }
        }
    }

    private void Apply(WatchEventType type, T value)
    {
        Transform(value);
        lock (_lock)
        {
            if (type == WatchEventType.Deleted)
            {
                Remove(ObjectKey.Of(value), value);
            }
            else
            {
                Set(value);
            }
        }
    }

    private void Set(T value)
    {
        if (_store.Find(ObjectKey.Of(value)) is { } known && known.Metadata.ResourceVersion == value.Metadata.ResourceVersion && known.Metadata.Uid == value.Metadata.Uid)
        {
            return;
        }

        var old = _store.Set(value);
        var isInitial = !_hasListed;
        foreach (var handler in _handlers)
        {
            Notify(handler, old, value, isInitial);
        }
    }

    private void Remove(ObjectKey key, T? last)
    {
        if (_store.Remove(key) is not { } known)
        {
            return;
        }

        foreach (var handler in _handlers)
        {
            Notify(handler, last ?? known, null, isInitial: false);
        }
    }

    private void Transform(T value)
    {
        try
        {
            _options.Transform?.Invoke(value);
        }
        catch (Exception e)
        {
            Interlocked.Increment(ref _handlerFailures);
            LogTransformFailed(_logger, e, _type.Plural, value.Metadata.Namespace, value.Metadata.Name);
        }
    }

    private void Notify(IInformerHandler<T> handler, T? old, T? value, bool isInitial)
    {
        try
        {
            if (value is null)
            {
                handler.OnDelete(old!);
            }
            else if (old is null)
            {
                handler.OnAdd(value, isInitial);
            }
            else
            {
                handler.OnUpdate(old, value);
            }
        }
        catch (Exception e)
        {
            Interlocked.Increment(ref _handlerFailures);
            var metadata = (value ?? old)!.Metadata;
            LogHandlerFailed(_logger, e, handler.GetType().Name, _type.Plural, metadata.Namespace, metadata.Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The handler {Handler} failed on a change of {Plural} {Namespace}/{Name}, which it has now missed")]
    private static partial void LogHandlerFailed(ILogger logger, Exception e, string handler, string plural, string @namespace, string name);

    [LoggerMessage(Level = LogLevel.Error, Message = "The transform of {Plural} failed on {Namespace}/{Name}, which is kept as it is")]
    private static partial void LogTransformFailed(ILogger logger, Exception e, string plural, string @namespace, string name);

    private sealed class Sink(Informer<T> informer) : IListWatchSink<T>
    {
        public void Replace(IReadOnlyList<T> items) => informer.Replace(items);

        public IListCollector<T> Collect() => new ReplacingCollector<T>(this, informer.Transform);

        public void Apply(WatchEventType type, T value) => informer.Apply(type, value);
    }
}
