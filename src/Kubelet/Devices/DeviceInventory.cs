using System.Collections.Immutable;
using NodeAgent.Kubelet.Schemas.Devices;

namespace NodeAgent.Kubelet.Devices;

/// <summary>
/// The devices that plugins have told of.
/// </summary>
/// <remarks>
/// <code>
/// (unknown) --registers--> there --plugin ends--> away, no device is healthy --5 minutes--> gone, 0 in the node's status
///                            ^----- registers -----'
/// </code>
/// </remarks>
internal sealed class DeviceInventory(TimeProvider time)
{
    private readonly Lock _lock = new();
    private ImmutableSortedDictionary<string, DeviceResource> _resources = ImmutableSortedDictionary.Create<string, DeviceResource>(StringComparer.Ordinal);
    private ImmutableSortedSet<string> _gone = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>The amounts in the node's status may have changed.</summary>
    public event Action? Changed;

    /// <summary>These devices of the resource are in another state than before, or came anew.</summary>
    public event Action<string, IReadOnlyCollection<string>>? HealthChanged;

    public ImmutableSortedDictionary<string, DeviceResource> Resources => Volatile.Read(ref _resources);

    public DeviceResource? Find(string resource) => Resources.GetValueOrDefault(resource);

    /// <summary>A resource that an earlier kubelet knew: its plugin is expected to register again.</summary>
    public void Expect(string resource)
    {
        lock (_lock)
        {
            _resources = _resources.ContainsKey(resource) ? _resources : _resources.SetItem(resource, new DeviceResource { StoppedAt = time.GetUtcNow() });
        }
    }

    public void Connect(string resource, IDevicePlugin plugin, DevicePluginOptions options)
    {
        IDevicePlugin? before;
        lock (_lock)
        {
            var known = _resources.GetValueOrDefault(resource) ?? new DeviceResource();
            before = known.Plugin;

            // A plugin that takes the place of another has its devices too, until it has told of its own.
            _resources = _resources.SetItem(resource, known with { Plugin = plugin, Options = options, StoppedAt = before is null ? known.StoppedAt ?? time.GetUtcNow() : known.StoppedAt });
        }

        before?.Dispose();
    }

    /// <summary>News from a plugin. They do not count when another plugin has registered for the resource since.</summary>
    public void Update(string resource, IDevicePlugin plugin, IEnumerable<Device> devices)
    {
        List<string> changed;
        lock (_lock)
        {
            if (_resources.GetValueOrDefault(resource) is not { } known || known.Plugin != plugin)
            {
                return;
            }

            var told = devices.GroupBy(d => d.ID).ToImmutableSortedDictionary(g => g.Key, g => g.Last(), StringComparer.Ordinal);
            changed = [.. told.Values.Where(d => !known.Devices.TryGetValue(d.ID, out var old) || old.Health != d.Health).Select(d => d.ID)];
            _resources = _resources.SetItem(resource, known with { Devices = told, StoppedAt = null });
            _gone = _gone.Remove(resource);
        }

        Changed?.Invoke();
        if (changed.Count > 0)
        {
            HealthChanged?.Invoke(resource, changed);
        }
    }

    /// <summary>The plugin has ended.</summary>
    public void Disconnect(string resource, IDevicePlugin plugin)
    {
        lock (_lock)
        {
            if (_resources.GetValueOrDefault(resource) is { } known && known.Plugin == plugin)
            {
                _resources = _resources.SetItem(resource, known with { Plugin = null, StoppedAt = known.StoppedAt ?? time.GetUtcNow() });
            }
        }

        plugin.Dispose();
        Changed?.Invoke();
    }

    /// <summary>What goes into the node's status. Resources whose plugin has been away for too long are forgotten, but for their 0.</summary>
    public DeviceCapacity Capacity()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            foreach (var (name, _) in _resources.Where(r => r.Value.IsGone(now)))
            {
                _resources = _resources.Remove(name);
                _gone = _gone.Add(name);
            }

            var none = _gone.ToImmutableSortedDictionary(g => g, _ => 0);
            return new DeviceCapacity(none.SetItems(_resources.ToDictionary(r => r.Key, r => r.Value.Devices.Count)), none.SetItems(_resources.ToDictionary(r => r.Key, r => r.Value.Healthy.Count)));
        }
    }
}
