namespace NodeAgent.Kubelet.Images;

/// <summary>
/// Keeps images that are on their way into a container from being collected: from the moment one is looked for until the
/// container exists and shows up as its user. Containers may start side by side, an image is removed only while none does.
/// </summary>
internal sealed class ImageUse
{
    private readonly Lock _lock = new();
    private int _starting;
    private TaskCompletionSource? _removing;

    /// <summary>To be disposed of when the container exists, or will not.</summary>
    public async Task<IDisposable> StartAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task removal;
            lock (_lock)
            {
                if (_removing is null)
                {
                    _starting++;
                    return new Release(EndStart);
                }

                removal = _removing.Task;
            }

            await removal.WaitAsync(cancellationToken);
        }
    }

    /// <returns>Null when some container is about to start; else to be disposed of when the image is removed.</returns>
    public IDisposable? TryRemove()
    {
        lock (_lock)
        {
            if (_starting > 0 || _removing is not null)
            {
                return null;
            }

            _removing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return new Release(EndRemoval);
    }

    private void EndStart()
    {
        lock (_lock)
        {
            _starting--;
        }
    }

    private void EndRemoval()
    {
        lock (_lock)
        {
            _removing!.SetResult();
            _removing = null;
        }
    }

    private sealed class Release(Action release) : IDisposable
    {
        private Action? _release = release;

        public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
    }
}
