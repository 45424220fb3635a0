using System.Collections.Concurrent;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Resource.V1;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>Which devices are taken: by claims as the API server has them, and by claims that are being allocated. Safe from any thread.</summary>
internal sealed class AllocationLedger(IStore<ResourceClaim> claims)
{
    private readonly ConcurrentDictionary<string, InFlight> _inFlight = new(StringComparer.Ordinal);

    public IStore<ResourceClaim> Claims => claims;

    /// <summary>Whether the claim is being allocated: what it will have is not to be seen yet.</summary>
    public bool IsInFlight(ResourceClaim claim)
    {
        DropSeen();
        return _inFlight.ContainsKey(claim.Metadata.Uid);
    }

    public void Begin(ResourceClaim claim, AllocationResult allocation) => _inFlight[claim.Metadata.Uid] = new InFlight(claim, allocation, false);

    /// <summary>The allocation is written; it counts from here until the informer shows it.</summary>
    public void MarkWritten(ResourceClaim claim)
    {
        if (_inFlight.TryGetValue(claim.Metadata.Uid, out var entry))
        {
            _inFlight[claim.Metadata.Uid] = entry with { IsWritten = true };
        }
    }

    /// <summary>The allocation is given up; one that is written stays the API server's to say.</summary>
    public void Release(ResourceClaim claim)
    {
        if (_inFlight.TryGetValue(claim.Metadata.Uid, out var entry) && !entry.IsWritten)
        {
            _inFlight.TryRemove(KeyValuePair.Create(claim.Metadata.Uid, entry));
        }
    }

    /// <summary>The devices that somebody has as a whole, and what somebody has of those that are shared.</summary>
    public (HashSet<DeviceKey> Taken, CapacityUse Use) Read()
    {
        DropSeen();
        var taken = new HashSet<DeviceKey>();
        var use = new CapacityUse([]);
        foreach (var allocation in claims.List().Select(c => c.Status?.Allocation).Concat(_inFlight.Values.Select(e => e.Allocation)))
        {
            foreach (var result in allocation?.Devices?.Results ?? [])
            {
                var key = new DeviceKey(result.Driver, result.Pool, result.Device);
                if (result.HasShareID)
                {
                    use.Take(key, result.ConsumedCapacity.Select(c => KeyValuePair.Create(c.Key, c.Value.Amount)));
                }
                else if (!result.AdminAccess)
                {
                    taken.Add(key);
                }
            }
        }

        return (taken, use);
    }

    private void DropSeen()
    {
        foreach (var (uid, entry) in _inFlight)
        {
            var now = claims.Get(entry.Claim.Metadata.Namespace, entry.Claim.Metadata.Name);
            if (now is null || now.Metadata.Uid != uid || (entry.IsWritten && now.Status?.Allocation is not null))
            {
                _inFlight.TryRemove(KeyValuePair.Create(uid, entry));
            }
        }
    }

    private sealed record InFlight(ResourceClaim Claim, AllocationResult Allocation, bool IsWritten);
}
