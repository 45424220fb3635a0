namespace NodeAgent.Proxy.Sync;

/// <param name="Min">The least average time between two syncs; after a quiet time a few may follow each other at once.</param>
/// <param name="Retry">At most this long between a sync that failed and the next; the waits grow up to it.</param>
/// <param name="Max">At least this often everything is compared with the kernel, even if nothing asked for it.</param>
internal sealed record SyncIntervals(TimeSpan Min, TimeSpan Retry, TimeSpan Max);
