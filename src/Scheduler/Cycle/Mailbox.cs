using System.Threading.Channels;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>Brings changes from any thread to the decision loop, in order.</summary>
/// <remarks>It grows as far as the informers run ahead of one decision: nothing may be dropped, and informers must not be held up.</remarks>
internal sealed class Mailbox
{
    private readonly Lock _lock = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private List<Change> _incoming = [];
    private List<Change> _taken = [];

    public void Post(Change change)
    {
        lock (_lock)
        {
            _incoming.Add(change);
        }

        _wake.Writer.TryWrite(true);
    }

    public void Post(Action call) => Post(new Change(ChangeKind.Call, null, call));

    /// <summary>What has come since the last call; valid until the next.</summary>
    public IReadOnlyList<Change> Take()
    {
        _taken.Clear();
        lock (_lock)
        {
            (_incoming, _taken) = (_taken, _incoming);
        }

        return _taken;
    }

    /// <summary>Returns when something has come, or the time is over.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _wake.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over.
        }
    }
}
