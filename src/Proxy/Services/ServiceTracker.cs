namespace NodeAgent.Proxy.Services;

/// <summary>
/// Collects the changes of one family's Services and EndpointSlices as the watches report them, and hands out the model
/// when the proxier is ready for it. Safe for concurrent use: informers write, one sync loop takes.
/// </summary>
internal sealed class ServiceTracker
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ServiceKey, ValueList<ServicePort>> _services = [];
    private readonly Dictionary<ServiceKey, SortedDictionary<string, SliceInfo>> _slices = [];
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
    }

    /// <param name="triggerTime">When the change that made the slice what it is happened; null when the slice does not say.</param>
    /// <returns>Whether this changes anything.</returns>
    public bool SetSlice(SliceInfo slice, DateTimeOffset? triggerTime)
    {
        lock (_lock)
        {
            if (!_slices.TryGetValue(slice.Service, out var slices))
            {
                _slices[slice.Service] = slices = new(StringComparer.Ordinal);
            }

            if (slices.TryGetValue(slice.Name, out var before) && before == slice)
            {
                return false;
            }

            slices[slice.Name] = slice;
            _changedEndpoints.Add(slice.Service);
            if (triggerTime is { } time)
            {
                _triggerTimes.Add(time);
            }

            return true;
        }
    }

    /// <returns>Whether this changes anything.</returns>
    public bool RemoveSlice(ServiceKey service, string name)
    {
        lock (_lock)
        {
            if (!_slices.TryGetValue(service, out var slices) || !slices.Remove(name))
            {
                return false;
            }

            if (slices.Count == 0)
            {
                _slices.Remove(service);
            }

            _changedEndpoints.Add(service);
            return true;
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

    private ValueList<ServicePortState> StatesOf(ServiceKey key, ValueList<ServicePort> ports)
    {
        _slices.TryGetValue(key, out var slices);
        return ports.Select(port => new ServicePortState(port, slices is null ? [] : Merge(port.Name, slices.Values))).ToValueList();
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
