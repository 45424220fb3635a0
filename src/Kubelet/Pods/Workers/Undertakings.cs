using System.Collections.Immutable;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>What one pod's worker is in the middle of. Read from outside, so that a pod that hangs has a name.</summary>
internal sealed class Undertakings(TimeProvider time)
{
    private ImmutableList<Undertaking> _open = [];

    public IEnumerable<Undertaking> Overdue => _open.Where(u => time.GetElapsedTime(u.Since) > u.Expected);

    public async Task WatchAsync(string what, TimeSpan expected, Func<Task> work) => await WatchAsync(what, expected, async () =>
    {
        await work();
        return true;
    });

    public async Task<T> WatchAsync<T>(string what, TimeSpan expected, Func<Task<T>> work)
    {
        var undertaking = new Undertaking(what, expected, time.GetTimestamp());
        ImmutableInterlocked.Update(ref _open, list => list.Add(undertaking));
        try
        {
            return await work();
        }
        finally
        {
            // Two of the same kind begun at the same moment are equal; either will do.
            ImmutableInterlocked.Update(ref _open, list => list.Remove(undertaking));
        }
    }
}
