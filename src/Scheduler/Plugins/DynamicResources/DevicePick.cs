using NodeAgent.KubeApi.Meta;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>A device chosen for a request of a claim.</summary>
/// <param name="Share">How much of its capacity, of a device that may be allocated several times; null for one that is had as a whole.</param>
/// <param name="DrawsCounters">Whether it takes from shared counters: of several shares of a device only the first does.</param>
internal sealed record DevicePick(ClaimWishes Claim, DeviceWish Wish, DeviceOffer Offer, IReadOnlyDictionary<string, QuantityValue>? Share, bool DrawsCounters);
