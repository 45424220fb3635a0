using System.Threading.Channels;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>What a pod's worker is told: the latest spec wins, kill requests add up, and any number of wakes are one.</summary>
internal sealed class Mailbox(Pod pod) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly CancellationTokenSource _killed = new();
    private Pod _pod = pod;
    private KillRequest? _kill;
    private bool _removed;
    private ResizeRequest? _pendingResize;

    /// <summary>Cancelled at the first kill request: what is being done for a running pod is of no use any more.</summary>
    public CancellationToken Killed => _killed.Token;

    public Pod Pod
    {
        get
        {
            lock (_lock)
            {
                return _pod;
            }
        }
    }

    public KillRequest? Kill
    {
        get
        {
            lock (_lock)
            {
                return _kill;
            }
        }
    }

    /// <summary>No source has the pod any more: when it is dead, its traces can go.</summary>
    public bool IsRemoved
    {
        get
        {
            lock (_lock)
            {
                return _removed;
            }
        }
    }

    /// <summary>A resize that the node has no room for; the pod that the worker sees has its old resources.</summary>
    public ResizeRequest? PendingResize
    {
        get
        {
            lock (_lock)
            {
                return _pendingResize;
            }
        }
    }

    public void PostUpdate(Pod pod, ResizeRequest? pendingResize = null)
    {
        lock (_lock)
        {
            _pod = pod;
            _pendingResize = pendingResize;
        }

        Wake();
    }

    public void PostKill(KillRequest request)
    {
        lock (_lock)
        {
            _kill = _kill?.Join(request) ?? request;
        }

        _killed.Cancel();
        Wake();
    }

    public void PostRemoved()
    {
        lock (_lock)
        {
            _removed = true;
        }

        Wake();
    }

    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Returns at the next wake, or when <paramref name="atMost"/> is over.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        if (_wake.Reader.TryRead(out _))
        {
            return;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var timer = time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), deadline, atMost, Timeout.InfiniteTimeSpan);
        try
        {
            await _wake.Reader.ReadAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over.
        }
    }

    public void Dispose() => _killed.Dispose();
}
