namespace NodeAgent.Proxy.Services;

/// <summary>
/// Collects the changes of one family's Services and EndpointSlices as the watches report them, and hands out the model
/// when the proxier is ready for it. Safe for concurrent use: informers write, one sync loop takes.
/// </summary>
internal sealed class ServiceTracker
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ServiceKey, ValueList<ServicePort>> _services = [];
    /// <summary>Of each Service, ordered by name; arrays are never changed.</summary>
    private readonly Dictionary<ServiceKey, SliceInfo[]> _slices = [];
    private readonly Dictionary<ServiceKey, ServiceKey> _ownerOfSlice = [];
    private readonly HashSet<ServiceKey> _changedServices = [];
    private readonly HashSet<ServiceKey> _changedEndpoints = [];
    private readonly List<DateTimeOffset> _triggerTimes = [];
    private ServiceModel _model = ServiceModel.Empty;

    /// <summary>Services whose own change has not been taken yet.</summary>
    public int PendingServiceChanges
    {
        get
        {
            lock (_lock)
            {
                return _changedServices.Count;
            }
        }
    }

    /// <summary>Services whose endpoints changed and have not been taken yet.</summary>
    public int PendingEndpointChanges
    {
        get
        {
            lock (_lock)
            {
                return _changedEndpoints.Count;
            }
        }
    }

    /// <summary>The ports of a Service as they are now; none when it is gone or not proxied in this family.</summary>
    /// <returns>Whether this changes anything.</returns>
    public bool SetService(ServiceKey key, ValueList<ServicePort> ports)
    {
        lock (_lock)
        {
            return Set(key, ports);
        }
    }

    /// <summary>All Services there are: others are gone.</summary>
    /// <returns>Whether this changes anything.</returns>
    public bool ReplaceServices(IEnumerable<(ServiceKey Key, ValueList<ServicePort> Ports)> services)
    {
        lock (_lock)
        {
            var changed = false;
            var gone = _services.Keys.ToHashSet();
            foreach (var (key, ports) in services)
            {
                gone.Remove(key);
                changed |= Set(key, ports);
            }

            return gone.Aggregate(changed, (any, key) => Set(key, []) || any);
        }
    }

    /// <param name="triggerTime">When the change that made the slice what it is happened; null when the slice does not say.</param>
    /// <returns>Whether this changes anything.</returns>
    public bool SetSlice(SliceInfo slice, DateTimeOffset? triggerTime)
    {
        lock (_lock)
        {
            return Set(slice, triggerTime);
        }
    }

    /// <param name="slice">Namespace and name of the slice itself.</param>
    /// <returns>Whether this changes anything.</returns>
    public bool RemoveSlice(ServiceKey slice)
    {
        lock (_lock)
        {
            return Remove(slice);
        }
    }

    /// <summary>All slices there are: others are gone.</summary>
    /// <returns>Whether this changes anything.</returns>
    public bool ReplaceSlices(IEnumerable<(SliceInfo Slice, DateTimeOffset? TriggerTime)> slices)
    {
        lock (_lock)
        {
            var changed = false;
            var gone = _ownerOfSlice.Keys.ToHashSet();
            foreach (var (slice, triggerTime) in slices)
            {
                gone.Remove(KeyOf(slice));
                changed |= Set(slice, triggerTime);
            }

            return gone.Aggregate(changed, (any, key) => Remove(key) || any);
        }
    }

    /// <summary>The model as of now, and what changed since the last call.</summary>
    public ModelChange Take()
    {
        lock (_lock)
        {
            var changed = new HashSet<ServiceKey>(_changedServices);
            changed.UnionWith(_changedEndpoints);
            var services = _model.Services.ToBuilder();
            foreach (var key in changed)
            {
                if (_services.TryGetValue(key, out var ports))
                {
                    services[key] = StatesOf(key, ports);
                }
                else
                {
                    services.Remove(key);
                }
            }

            _model = new ServiceModel(services.ToImmutable());
            var change = new ModelChange(_model, changed, [.. _triggerTimes]);
            _changedServices.Clear();
            _changedEndpoints.Clear();
            _triggerTimes.Clear();
            return change;
        }
    }

    /// <summary>Where a slice is, or the complement of where it belongs: by name, so that the order of what came never shows.</summary>
    private static int IndexOf(SliceInfo[] slices, string name)
    {
        var (low, high) = (0, slices.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            switch (string.CompareOrdinal(slices[middle].Name, name))
            {
                case 0:
                    return middle;
                case < 0:
                    low = middle + 1;
                    break;
                default:
                    high = middle - 1;
                    break;
            }
        }

        return ~low;
    }

    private static ServiceKey KeyOf(SliceInfo slice) => new(slice.Service.Namespace, slice.Name);

    private bool Set(ServiceKey key, ValueList<ServicePort> ports)
    {
        var before = _services.GetValueOrDefault(key) ?? [];
        if (before.Equals(ports))
        {
            return false;
        }

        if (ports.Count == 0)
        {
            _services.Remove(key);
        }
        else
        {
            _services[key] = ports;
        }

        _changedServices.Add(key);
        return true;
    }

    private bool Set(SliceInfo slice, DateTimeOffset? triggerTime)
    {
        var key = KeyOf(slice);
        if (_ownerOfSlice.TryGetValue(key, out var owner) && owner != slice.Service)
        {
            Remove(key);
        }

        var slices = _slices.GetValueOrDefault(slice.Service) ?? [];
        var at = IndexOf(slices, slice.Name);
        if (at >= 0 && slices[at] == slice)
        {
            return false;
        }

        _slices[slice.Service] = at >= 0 ? [.. slices[..at], slice, .. slices[(at + 1)..]] : [.. slices[..~at], slice, .. slices[~at..]];
        _ownerOfSlice[key] = slice.Service;
        _changedEndpoints.Add(slice.Service);
        if (triggerTime is { } time)
        {
            _triggerTimes.Add(time);
        }

        return true;
    }

    private bool Remove(ServiceKey key)
    {
        if (!_ownerOfSlice.Remove(key, out var service))
        {
            return false;
        }

        var slices = _slices[service];
        var at = IndexOf(slices, key.Name);
        if (slices.Length == 1)
        {
            _slices.Remove(service);
        }
        else
        {
            _slices[service] = [.. slices[..at], .. slices[(at + 1)..]];
        }

        _changedEndpoints.Add(service);
        return true;
    }

    private ValueList<ServicePortState> StatesOf(ServiceKey key, ValueList<ServicePort> ports)
    {
        _slices.TryGetValue(key, out var slices);
        return ports.Select(port => new ServicePortState(port, slices is null ? [] : Merge(port.Name, slices))).ToValueList();
    }

    /// <summary>
    /// The endpoints of all slices of a port, each once. The same address in two slices, or twice in one, happens while an
    /// endpoint moves between slices and when a new pod was given the address of one that is still terminating: the one
    /// that is not terminating counts.
    /// </summary>
    private static ValueList<Endpoint> Merge(ServicePortName name, IEnumerable<SliceInfo> slices)
    {
        var endpoints = new SortedDictionary<string, Endpoint>(StringComparer.Ordinal);
        foreach (var slice in slices)
        {
            foreach (var port in slice.Ports)
            {
                if (port.Name != name)
                {
                    continue;
                }

                foreach (var endpoint in port.Endpoints)
                {
                    var key = endpoint.ToString();
                    if (!endpoints.ContainsKey(key) || !endpoint.Terminating)
                    {
                        endpoints[key] = endpoint;
                    }
                }
            }
        }

        return endpoints.Values.ToValueList();
    }
}
