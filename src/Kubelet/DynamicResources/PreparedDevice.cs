using System.Collections.Immutable;

namespace NodeAgent.Kubelet.DynamicResources;

/// <summary>A device of a claim as its driver has prepared it.</summary>
/// <param name="Requests">Of the claim, that it serves; empty for all.</param>
/// <param name="ShareId">Null for a device that is not shared.</param>
internal sealed record PreparedDevice(string Pool, string Name, ImmutableArray<string> Requests, ImmutableArray<string> CdiIds, string? ShareId);
