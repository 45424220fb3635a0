namespace NodeAgent.Proxy.Watch;

/// <param name="Entries">Rules, chain heads and chain ends.</param>
/// <param name="Bytes">What they take in the kernel.</param>
internal readonly record struct LegacyTableSize(uint Entries, uint Bytes);
