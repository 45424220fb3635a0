using NodeAgent.KubeApi.Resource.V1;
using NodeAgent.Scheduler.Plugins.DynamicResources.Cel;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>Finds devices of one node for all requests of some claims at once, by trying and taking back.</summary>
/// <param name="taken">Devices that other claims have.</param>
/// <param name="budget">What is left of shared counters; drawn on.</param>
/// <param name="use">What other claims have of devices that may be allocated several times; added to.</param>
/// <param name="isLate">Whether it has taken too long: there may be very many combinations.</param>
internal sealed class DeviceAllocator(IReadOnlyList<ClaimWishes> claims, IReadOnlyList<DeviceOffer> offers, IReadOnlySet<DeviceKey> taken, CounterBudget budget, CapacityUse use, Func<bool> isLate)
{
    private const int StepsBetweenLooks = 1_000;

    private readonly List<(ClaimWishes Claim, IReadOnlyList<DeviceWish> Alternatives)> _requests = [.. claims.SelectMany(c => c.Requests.Select(r => (c, r)))];
    private readonly List<DevicePick> _picks = [];
    private readonly HashSet<DeviceKey> _used = [];
    private int _steps;

    /// <returns>Null when the node has not what the claims ask for.</returns>
    /// <exception cref="CelException">A selector fails for a device.</exception>
    /// <exception cref="TimeoutException">It takes too long.</exception>
    public IReadOnlyList<DevicePick>? Allocate() => Try(0) ? _picks : null;

    private bool Try(int request)
    {
        if (request == _requests.Count)
        {
            return true;
        }

        var (claim, alternatives) = _requests[request];
        foreach (var wish in alternatives)
        {
            // Devices that are there at once before those that have to be made ready.
            var fitting = offers.Where(wish.Fits).OrderBy(o => o.Device.BindingConditions.Count > 0).ToList();
            if (wish.Count is { } count ? TryCount(request, claim, wish, fitting, 0, count) : TryAll(request, claim, wish, fitting))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryCount(int request, ClaimWishes claim, DeviceWish wish, List<DeviceOffer> fitting, int from, long left)
    {
        if (left == 0)
        {
            return Try(request + 1);
        }

        for (var i = from; i <= fitting.Count - left; i++)
        {
            if (++_steps % StepsBetweenLooks == 0 && isLate())
            {
                throw new TimeoutException();
            }

            if (!Pick(claim, wish, fitting[i]))
            {
                continue;
            }

            if (TryCount(request, claim, wish, fitting, i + 1, left - 1))
            {
                return true;
            }

            Unpick();
        }

        return false;
    }

    /// <summary>One device that is taken already fails the request: it asked for all.</summary>
    private bool TryAll(int request, ClaimWishes claim, DeviceWish wish, List<DeviceOffer> fitting)
    {
        var before = _picks.Count;
        if (fitting.Count > 0 && fitting.TrueForAll(o => Pick(claim, wish, o)) && Try(request + 1))
        {
            return true;
        }

        while (_picks.Count > before)
        {
            Unpick();
        }

        return false;
    }

    private bool Pick(ClaimWishes claim, DeviceWish wish, DeviceOffer offer)
    {
        var (key, device) = (offer.Key, offer.Device);
        if (CapacityUse.ShareOf(device, wish.Capacity) is not { } share || (!wish.IsAdmin && (taken.Contains(key) || _used.Contains(key))))
        {
            return false;
        }

        var pick = new DevicePick(claim, wish, offer, device.AllowMultipleAllocations ? share : null, !device.AllowMultipleAllocations || !use.IsUsed(key));
        if (!(claim.Claim.Spec.Devices?.Constraints ?? []).All(c => Holds(c, pick)) || (pick.DrawsCounters && !budget.TryTake(key, device)))
        {
            return false;
        }

        if (pick.Share is not null && !use.TryTake(key, device, share))
        {
            GiveBackCounters(pick);
            return false;
        }

        _picks.Add(pick);
        if (!wish.IsAdmin && pick.Share is null)
        {
            _used.Add(key);
        }

        return true;
    }

    private void Unpick()
    {
        var last = _picks[^1];
        _picks.RemoveAt(_picks.Count - 1);
        GiveBackCounters(last);
        if (last.Share is { } share)
        {
            use.GiveBack(last.Offer.Key, share);
        }
        else if (!last.Wish.IsAdmin)
        {
            _used.Remove(last.Offer.Key);
        }
    }

    private void GiveBackCounters(DevicePick pick)
    {
        if (pick.DrawsCounters)
        {
            budget.GiveBack(pick.Offer.Key, pick.Offer.Device);
        }
    }

    private bool Holds(DeviceConstraint constraint, DevicePick pick)
    {
        if (!IsAbout(constraint, pick.Wish))
        {
            return true;
        }

        var attribute = constraint.HasMatchAttribute ? constraint.MatchAttribute : constraint.DistinctAttribute;
        if (ValueOf(pick.Offer, attribute) is not { } value)
        {
            return false;
        }

        return _picks.Where(p => ReferenceEquals(p.Claim, pick.Claim) && IsAbout(constraint, p.Wish)).All(p => Equals(ValueOf(p.Offer, attribute), value) == constraint.HasMatchAttribute);
    }

    private static bool IsAbout(DeviceConstraint constraint, DeviceWish wish) =>
        constraint.Requests.Count == 0 || constraint.Requests.Contains(wish.Name) || constraint.Requests.Contains(wish.Name.Split('/')[0]);

    private static object? ValueOf(DeviceOffer offer, string attribute)
    {
        var slash = attribute.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? offer.ForSelectors.Attribute(offer.Key.Driver, attribute) : offer.ForSelectors.Attribute(attribute[..slash], attribute[(slash + 1)..]);
    }
}
