namespace NodeAgent.Hosting.Concurrency;

/// <summary>
/// A queue of keys in which no key is twice and no key is worked on by two at once. A key added while it is worked on is
/// queued again when its work is done.
/// </summary>
/// <remarks>
/// <code>
///            Add                TakeAsync               Done
///  (absent) -----> queued+dirty ---------> processing -------> (absent)
///                                  |  Add: also dirty; Done then queues it again
/// </code>
/// Safe for concurrent use. Bounded by the number of distinct keys.
/// </remarks>
public sealed class WorkQueue<TKey>(ExponentialBackoff backoff, TimeProvider time, Func<double>? random = null) : IDisposable
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Queue<TKey> _ready = new();
    private readonly HashSet<TKey> _dirty = [];
    private readonly HashSet<TKey> _processing = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly Dictionary<TKey, Waiting> _waiting = [];
    private readonly SemaphoreSlim _available = new(0);
    private bool _disposed;

    /// <summary>Keys that are ready and wait for a worker.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _ready.Count;
            }
        }
    }

    /// <summary>Keys that wait for their delay.</summary>
    public int DelayedCount
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    public void Add(TKey key)
    {
        lock (_lock)
        {
            if (_disposed || !_dirty.Add(key) || _processing.Contains(key))
            {
                return;
            }

            _ready.Enqueue(key);
        }

        _available.Release();
    }

    /// <summary>Adds the key after a delay. Of several delays of one key the one that ends first counts.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }

        var due = time.GetUtcNow() + delay;
        var fresh = new Waiting(due);
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            if (_waiting.TryGetValue(key, out var known))
            {
                if (known.Due <= due)
                {
                    return;
                }

                known.Timer?.Dispose();
            }

            _waiting[key] = fresh;
            fresh.Timer = time.CreateTimer(_ => OnDue(key, fresh), null, delay, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Adds the key after its backoff, which grows with each call until <see cref="Forget"/>.</summary>
    public void AddWithBackoff(TKey key)
    {
        int failures;
        lock (_lock)
        {
            failures = _failures.GetValueOrDefault(key);
            _failures[key] = failures + 1;
        }

        AddAfter(key, backoff.Delay(failures, random));
    }

    /// <summary>How often the key has failed since the last <see cref="Forget"/>.</summary>
    public int Failures(TKey key)
    {
        lock (_lock)
        {
            return _failures.GetValueOrDefault(key);
        }
    }

    /// <summary>The key's work succeeded, or it is given up: its backoff starts anew.</summary>
    public void Forget(TKey key)
    {
        lock (_lock)
        {
            _failures.Remove(key);
        }
    }

    /// <summary>The next key; the caller calls <see cref="Done"/> for it, whatever happens.</summary>
    public async ValueTask<TKey> TakeAsync(CancellationToken cancellationToken)
    {
        await _available.WaitAsync(cancellationToken);
        lock (_lock)
        {
            var key = _ready.Dequeue();
            _dirty.Remove(key);
            _processing.Add(key);
            return key;
        }
    }

    public void Done(TKey key)
    {
        lock (_lock)
        {
            if (!_processing.Remove(key) || !_dirty.Contains(key) || _disposed)
            {
                return;
            }

            _ready.Enqueue(key);
        }

        _available.Release();
    }

    /// <summary>
    /// The usual loop: takes keys until cancelled, and calls <paramref name="work"/> for each. When the work throws, the error
    /// goes to <paramref name="onError"/> and the key comes back after its backoff. Several of these may run side by side.
    /// </summary>
    public async Task RunAsync(Func<TKey, CancellationToken, ValueTask> work, Action<TKey, Exception> onError, CancellationToken cancellationToken)
    {
        while (true)
        {
            var key = await TakeAsync(cancellationToken);
            try
            {
                await work(key, cancellationToken);
                Forget(key);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                onError(key, e);
                AddWithBackoff(key);
            }
            finally
            {
                Done(key);
            }
        }
    }

    /// <summary>Stops the delays. Keys are taken no more after it.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (var waiting in _waiting.Values)
            {
                waiting.Timer?.Dispose();
            }

            _waiting.Clear();
        }
    }

    private void OnDue(TKey key, Waiting waiting)
    {
        lock (_lock)
        {
            if (!_waiting.TryGetValue(key, out var current) || !ReferenceEquals(current, waiting))
            {
                return;
            }

            _waiting.Remove(key);
        }

        waiting.Timer?.Dispose();
        Add(key);
    }

    private sealed class Waiting(DateTimeOffset due)
    {
        public DateTimeOffset Due { get; } = due;

        public ITimer? Timer { get; set; }
    }
}
