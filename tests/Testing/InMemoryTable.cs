using System.Globalization;
using System.Net;
using Google.Protobuf;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Testing;

/// <summary>The objects of one type, their history, and who watches them. Its user holds the lock.</summary>
internal sealed class InMemoryTable<T>(ResourceType<T> type)
    where T : class, IKubeObject, IMessage<T>, new()
{
    private readonly SortedDictionary<(string Namespace, string Name), T> _objects = [];
    private readonly List<(long Version, T? Before, T? After)> _history = [];
    private readonly List<InMemoryWatch<T>> _watches = [];
    private long _forgottenUpTo;

    public IEnumerable<T> Objects => _objects.Values;

    public T? Find(string namespaceName, string name) => _objects.GetValueOrDefault((namespaceName, name));

    public T Put(T value, string version)
    {
        value.Metadata.ResourceVersion = version;
        var key = (value.Metadata.Namespace, value.Metadata.Name);
        var before = _objects.GetValueOrDefault(key);
        _objects[key] = value;
        Publish(version, before, value);
        return value;
    }

    public void Remove(string namespaceName, string name, string version)
    {
        if (_objects.Remove((namespaceName, name), out var before))
        {
            Publish(version, before, null);
        }
    }

    public InMemoryWatch<T> OpenWatch(ObjectFilter filter, WatchOptions options, string version)
    {
        var watch = new InMemoryWatch<T>(filter);
        if (options.SendInitialEvents || options.ResourceVersion is null or "" or "0")
        {
            foreach (var value in Objects.Where(filter.Matches))
            {
                watch.Send(new WatchEvent<T>(WatchEventType.Added, value));
            }

            if (options.SendInitialEvents)
            {
                watch.Send(new WatchEvent<T>(WatchEventType.Bookmark, new T { Metadata = new ObjectMeta { ResourceVersion = version } }, InitialEventsEnd: true));
            }
        }
        else
        {
            var from = long.Parse(options.ResourceVersion, CultureInfo.InvariantCulture);
            if (from < _forgottenUpTo)
            {
                throw new KubeApiException($"watch {type.Plural}", HttpStatusCode.Gone, "Expired", $"too old resource version: {from} ({_forgottenUpTo})");
            }

            foreach (var (_, before, after) in _history.Where(h => h.Version > from))
            {
                Send(watch, before, after);
            }
        }

        _watches.Add(watch);
        return watch;
    }

    public void CloseWatch(InMemoryWatch<T> watch) => _watches.Remove(watch);

    public void EndWatches(Exception? error, bool forget)
    {
        foreach (var watch in _watches)
        {
            watch.End(error);
        }

        _watches.Clear();
        if (forget)
        {
            _forgottenUpTo = _history.Count == 0 ? 0 : _history[^1].Version;
            _history.Clear();
        }
    }

    private void Publish(string version, T? before, T? after)
    {
        if (after is null && before is not null)
        {
            // A deletion has a version of its own, later than the object's last.
            before = before.Clone();
            before.Metadata.ResourceVersion = version;
        }

        _history.Add((long.Parse(version, CultureInfo.InvariantCulture), before, after));
        foreach (var watch in _watches)
        {
            Send(watch, before, after);
        }
    }

    /// <summary>What a watcher that sees only some objects is told when one comes into its sight or leaves it.</summary>
    private static void Send(InMemoryWatch<T> watch, T? before, T? after)
    {
        var wasSeen = before is not null && watch.Filter.Matches(before);
        var isSeen = after is not null && watch.Filter.Matches(after);
        switch (wasSeen, isSeen)
        {
            case (false, true):
                watch.Send(new WatchEvent<T>(WatchEventType.Added, after!));
                break;
            case (true, true):
                watch.Send(new WatchEvent<T>(WatchEventType.Modified, after!));
                break;
            case (true, false):
                watch.Send(new WatchEvent<T>(WatchEventType.Deleted, after ?? before!));
                break;
        }
    }
}
