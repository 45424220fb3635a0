using System.Globalization;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Proxy.Services;
using V1 = NodeAgent.KubeApi.Discovery.V1;
using V1Beta1 = NodeAgent.KubeApi.Discovery.V1Beta1;

namespace NodeAgent.Proxy.Sync;

/// <summary>Carries what the informers say of Services and EndpointSlices into the trackers of both families.</summary>
/// <param name="changed">Called with the family whose model changed.</param>
/// <param name="started">Causes from before are not measured: they waited for the proxy to start.</param>
internal sealed class ModelFeed(IReadOnlyDictionary<IPFamily, ServiceTracker> trackers, EndpointSliceReader reader, Action<IPFamily> changed, DateTimeOffset started)
    : IInformerHandler<Service>, IInformerHandler<V1.EndpointSlice>, IInformerHandler<V1Beta1.EndpointSlice>
{
    private long _serviceChanges;
    private long _endpointChanges;

    /// <summary>Service events seen so far.</summary>
    public long ServiceChanges => Interlocked.Read(ref _serviceChanges);

    /// <summary>EndpointSlice events seen so far.</summary>
    public long EndpointChanges => Interlocked.Read(ref _endpointChanges);

    void IInformerHandler<Service>.OnAdd(Service value, bool isInInitialList) => Set(value, gone: false);

    void IInformerHandler<Service>.OnUpdate(Service oldValue, Service newValue) => Set(newValue, gone: false);

    void IInformerHandler<Service>.OnDelete(Service value) => Set(value, gone: true);

    void IInformerHandler<V1.EndpointSlice>.OnAdd(V1.EndpointSlice value, bool isInInitialList) => Set(value.Metadata, value.AddressType, reader.Read(value));

    void IInformerHandler<V1.EndpointSlice>.OnUpdate(V1.EndpointSlice oldValue, V1.EndpointSlice newValue)
    {
        RemoveIfMoved(oldValue.Metadata, oldValue.AddressType, newValue.Metadata, newValue.AddressType);
        Set(newValue.Metadata, newValue.AddressType, reader.Read(newValue));
    }

    void IInformerHandler<V1.EndpointSlice>.OnDelete(V1.EndpointSlice value) => Remove(value.Metadata, value.AddressType);

    void IInformerHandler<V1Beta1.EndpointSlice>.OnAdd(V1Beta1.EndpointSlice value, bool isInInitialList) => Set(value.Metadata, value.AddressType, reader.Read(value));

    void IInformerHandler<V1Beta1.EndpointSlice>.OnUpdate(V1Beta1.EndpointSlice oldValue, V1Beta1.EndpointSlice newValue)
    {
        RemoveIfMoved(oldValue.Metadata, oldValue.AddressType, newValue.Metadata, newValue.AddressType);
        Set(newValue.Metadata, newValue.AddressType, reader.Read(newValue));
    }

    void IInformerHandler<V1Beta1.EndpointSlice>.OnDelete(V1Beta1.EndpointSlice value) => Remove(value.Metadata, value.AddressType);

    private void Set(Service service, bool gone)
    {
        Interlocked.Increment(ref _serviceChanges);
        var key = new ServiceKey(service.Metadata.Namespace, service.Metadata.Name);
        foreach (var (family, tracker) in trackers)
        {
            if (tracker.SetService(key, gone ? [] : ServiceReader.Read(service, family)))
            {
                changed(family);
            }
        }
    }

    private void Set(ObjectMeta metadata, string addressType, SliceInfo? slice)
    {
        if (slice is not null && FamilyOf(addressType) is { } family)
        {
            Interlocked.Increment(ref _endpointChanges);
            if (trackers[family].SetSlice(slice, TriggerTime(metadata)))
            {
                changed(family);
            }
        }
    }

    private void Remove(ObjectMeta metadata, string addressType)
    {
        if (EndpointSliceReader.Service(metadata) is { } service && FamilyOf(addressType) is { } family)
        {
            Interlocked.Increment(ref _endpointChanges);
            if (trackers[family].RemoveSlice(service, metadata.Name))
            {
                changed(family);
            }
        }
    }

    /// <summary>A slice whose label changed, or that was deleted and made again for another Service unseen, leaves its old Service.</summary>
    private void RemoveIfMoved(ObjectMeta before, string typeBefore, ObjectMeta now, string typeNow)
    {
        if (EndpointSliceReader.Service(before) != EndpointSliceReader.Service(now) || typeBefore != typeNow)
        {
            Remove(before, typeBefore);
        }
    }

    private IPFamily? FamilyOf(string addressType) =>
        EndpointSliceReader.Family(addressType) is { } family && trackers.ContainsKey(family) ? family : null;

    private DateTimeOffset? TriggerTime(ObjectMeta metadata) =>
        metadata.Annotations.TryGetValue(EndpointSliceReader.TriggerTimeAnnotation, out var text)
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
        && time > started
            ? time
            : null;
}
