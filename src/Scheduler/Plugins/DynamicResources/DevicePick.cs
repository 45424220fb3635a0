namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>A device chosen for a request of a claim.</summary>
internal sealed record DevicePick(ClaimWishes Claim, DeviceWish Wish, DeviceOffer Offer);
