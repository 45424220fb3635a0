using System.Globalization;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.ListWatch;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Proxy.Services;
using V1 = NodeAgent.KubeApi.Discovery.V1;
using V1Beta1 = NodeAgent.KubeApi.Discovery.V1Beta1;

namespace NodeAgent.Proxy.Sync;

/// <summary>
/// Carries what lists and watches say of Services and EndpointSlices into the trackers of both families. The objects
/// themselves are not kept: the trackers have everything that rules are made of.
/// </summary>
/// <param name="changed">Called with the family whose model changed.</param>
/// <param name="started">Causes from before are not measured: they waited for the proxy to start.</param>
internal sealed class ModelFeed(IReadOnlyDictionary<IPFamily, ServiceTracker> trackers, EndpointSliceReader reader, Action<IPFamily> changed, DateTimeOffset started)
    : IListWatchSink<Service>, IListWatchSink<V1.EndpointSlice>, IListWatchSink<V1Beta1.EndpointSlice>
{
    private readonly TaskCompletionSource _services = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _slices = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _serviceChanges;
    private long _endpointChanges;

    /// <summary>Completes when Services and EndpointSlices have both been listed: before, the model would lack what the rules need.</summary>
    public Task Complete => Task.WhenAll(_services.Task, _slices.Task);

    /// <summary>Service events seen so far.</summary>
    public long ServiceChanges => Interlocked.Read(ref _serviceChanges);

    /// <summary>EndpointSlice events seen so far.</summary>
    public long EndpointChanges => Interlocked.Read(ref _endpointChanges);

    void IListWatchSink<Service>.Replace(IReadOnlyList<Service> items) => Replace(new ServiceList(this), items);

    IListCollector<Service> IListWatchSink<Service>.Collect() => new ServiceList(this);

    void IListWatchSink<Service>.Apply(WatchEventType type, Service value)
    {
        Interlocked.Increment(ref _serviceChanges);
        foreach (var (family, tracker) in trackers)
        {
            Notify(family, tracker.SetService(KeyOf(value), type == WatchEventType.Deleted ? [] : ServiceReader.Read(value, family)));
        }
    }

    void IListWatchSink<V1.EndpointSlice>.Replace(IReadOnlyList<V1.EndpointSlice> items) => Replace<V1.EndpointSlice>(new SliceList(this), items);

    IListCollector<V1.EndpointSlice> IListWatchSink<V1.EndpointSlice>.Collect() => new SliceList(this);

    void IListWatchSink<V1.EndpointSlice>.Apply(WatchEventType type, V1.EndpointSlice value) =>
        Apply(value.AddressType, type == WatchEventType.Deleted ? null : reader.Read(value), value.Metadata);

    void IListWatchSink<V1Beta1.EndpointSlice>.Replace(IReadOnlyList<V1Beta1.EndpointSlice> items) => Replace<V1Beta1.EndpointSlice>(new SliceList(this), items);

    IListCollector<V1Beta1.EndpointSlice> IListWatchSink<V1Beta1.EndpointSlice>.Collect() => new SliceList(this);

    void IListWatchSink<V1Beta1.EndpointSlice>.Apply(WatchEventType type, V1Beta1.EndpointSlice value) =>
        Apply(value.AddressType, type == WatchEventType.Deleted ? null : reader.Read(value), value.Metadata);

    private IEnumerable<IPFamily> Families => trackers.Keys;

    private EndpointSliceReader Reader => reader;

    private ServiceTracker TrackerOf(IPFamily family) => trackers[family];

    private static ServiceKey KeyOf(Service service) => new(service.Metadata.Namespace, service.Metadata.Name);

    private static void Replace<T>(IListCollector<T> list, IReadOnlyList<T> items)
        where T : class
    {
        foreach (var item in items)
        {
            list.Add(item);
        }

        list.Complete();
    }

    /// <param name="slice">Null when it is gone, or belongs to no Service (any more).</param>
    private void Apply(string addressType, SliceInfo? slice, ObjectMeta metadata)
    {
        if (EndpointSliceReader.Family(addressType) is not { } family || !trackers.TryGetValue(family, out var tracker))
        {
            return;
        }

        Interlocked.Increment(ref _endpointChanges);
        Notify(family, slice is null
            ? tracker.RemoveSlice(new ServiceKey(metadata.Namespace, metadata.Name))
            : tracker.SetSlice(slice, TriggerTime(metadata)));
    }

    private void Notify(IPFamily family, bool isChange)
    {
        if (isChange)
        {
            changed(family);
        }
    }

    private DateTimeOffset? TriggerTime(ObjectMeta metadata) =>
        metadata.Annotations.TryGetValue(EndpointSliceReader.TriggerTimeAnnotation, out var text)
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
        && time > started
            ? time
            : null;

    /// <summary>A list of Services, of which only the ports are kept.</summary>
    private sealed class ServiceList(ModelFeed feed) : IListCollector<Service>
    {
        private readonly Dictionary<IPFamily, List<(ServiceKey, ValueList<Services.ServicePort>)>> _ports = feed.Families.ToDictionary(f => f, _ => new List<(ServiceKey, ValueList<Services.ServicePort>)>());
        private int _count;

        public void Add(Service item)
        {
            _count++;
            foreach (var (family, ports) in _ports)
            {
                ports.Add((KeyOf(item), ServiceReader.Read(item, family)));
            }
        }

        public void Complete()
        {
            Interlocked.Add(ref feed._serviceChanges, _count);
            foreach (var (family, ports) in _ports)
            {
                feed.Notify(family, feed.TrackerOf(family).ReplaceServices(ports));
            }

            feed._services.TrySetResult();
        }
    }

    /// <summary>A list of slices of either version, of which only the endpoints are kept.</summary>
    private sealed class SliceList(ModelFeed feed) : IListCollector<V1.EndpointSlice>, IListCollector<V1Beta1.EndpointSlice>
    {
        private readonly Dictionary<IPFamily, List<(SliceInfo, DateTimeOffset?)>> _slices = feed.Families.ToDictionary(f => f, _ => new List<(SliceInfo, DateTimeOffset?)>());
        private int _count;

        public void Add(V1.EndpointSlice item) => Add(item.AddressType, feed.Reader.Read(item), item.Metadata);

        public void Add(V1Beta1.EndpointSlice item) => Add(item.AddressType, feed.Reader.Read(item), item.Metadata);

        public void Complete()
        {
            Interlocked.Add(ref feed._endpointChanges, _count);
            foreach (var (family, slices) in _slices)
            {
                feed.Notify(family, feed.TrackerOf(family).ReplaceSlices(slices));
            }

            feed._slices.TrySetResult();
        }

        private void Add(string addressType, SliceInfo? slice, ObjectMeta metadata)
        {
            _count++;
            if (slice is not null && EndpointSliceReader.Family(addressType) is { } family && _slices.TryGetValue(family, out var slices))
            {
                slices.Add((slice, feed.TriggerTime(metadata)));
            }
        }
    }
}
