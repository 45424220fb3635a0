namespace NodeAgent.Proxy.Sync;

/// <param name="Min">At least this long between the end of one sync and the start of the next.</param>
/// <param name="Retry">At most this long between a sync that failed and the next; the waits grow up to it.</param>
/// <param name="Max">At least this often a sync runs, and compares everything, even if nothing asked for one.</param>
internal sealed record SyncIntervals(TimeSpan Min, TimeSpan Retry, TimeSpan Max);
