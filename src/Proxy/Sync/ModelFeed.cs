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

    void IListWatchSink<Service>.Replace(IReadOnlyList<Service> items)
    {
        Interlocked.Add(ref _serviceChanges, items.Count);
        foreach (var (family, tracker) in trackers)
        {
            Notify(family, tracker.ReplaceServices(items.Select(s => (KeyOf(s), ServiceReader.Read(s, family)))));
        }

        _services.TrySetResult();
    }

    void IListWatchSink<Service>.Apply(WatchEventType type, Service value)
    {
        Interlocked.Increment(ref _serviceChanges);
        foreach (var (family, tracker) in trackers)
        {
            Notify(family, tracker.SetService(KeyOf(value), type == WatchEventType.Deleted ? [] : ServiceReader.Read(value, family)));
        }
    }

    void IListWatchSink<V1.EndpointSlice>.Replace(IReadOnlyList<V1.EndpointSlice> items) =>
        Replace(items.Select(i => (i.AddressType, reader.Read(i), i.Metadata)).ToList());

    void IListWatchSink<V1.EndpointSlice>.Apply(WatchEventType type, V1.EndpointSlice value) =>
        Apply(value.AddressType, type == WatchEventType.Deleted ? null : reader.Read(value), value.Metadata);

    void IListWatchSink<V1Beta1.EndpointSlice>.Replace(IReadOnlyList<V1Beta1.EndpointSlice> items) =>
        Replace(items.Select(i => (i.AddressType, reader.Read(i), i.Metadata)).ToList());

    void IListWatchSink<V1Beta1.EndpointSlice>.Apply(WatchEventType type, V1Beta1.EndpointSlice value) =>
        Apply(value.AddressType, type == WatchEventType.Deleted ? null : reader.Read(value), value.Metadata);

    private static ServiceKey KeyOf(Service service) => new(service.Metadata.Namespace, service.Metadata.Name);

    private void Replace(List<(string AddressType, SliceInfo? Slice, ObjectMeta Metadata)> items)
    {
        Interlocked.Add(ref _endpointChanges, items.Count);
        foreach (var (family, tracker) in trackers)
        {
            var own = items.Where(i => i.Slice is not null && EndpointSliceReader.Family(i.AddressType) == family);
            Notify(family, tracker.ReplaceSlices(own.Select(i => (i.Slice!, TriggerTime(i.Metadata)))));
        }

        _slices.TrySetResult();
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
}
