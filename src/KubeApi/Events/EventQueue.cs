using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.KubeApi.Events;

/// <summary>A bounded queue of events and the loop that writes them.</summary>
internal sealed partial class EventQueue
{
    private readonly IEventWriter _writer;
    private readonly EventRecorderOptions _options;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly Channel<PendingEvent> _pending;
    private EventWrite? _interrupted;
    private long _dropped;
    private long _failed;

    public EventQueue(IEventWriter writer, EventRecorderOptions options, TimeProvider clock, Random random, ILogger logger)
    {
        _writer = writer;
        _options = options;
        _clock = clock;
        _random = random;
        _logger = logger;
        _pending = Channel.CreateBounded<PendingEvent>(
            new BoundedChannelOptions(options.QueueLength) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            OnDropped);
    }

    public long Dropped => Interlocked.Read(ref _dropped);

    public long Failed => Interlocked.Read(ref _failed);

    public void Add(PendingEvent pending)
    {
        if (!_pending.Writer.TryWrite(pending))
        {
            OnDropped(pending);
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WriteUntilCancelledAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }

        await FlushAsync();
    }

    private async Task WriteUntilCancelledAsync(CancellationToken cancellationToken)
    {
        var tick = Task.Delay(_writer.MaintainInterval, _clock, cancellationToken);
        while (true)
        {
            var more = _pending.Reader.WaitToReadAsync(cancellationToken).AsTask();
            while (await Task.WhenAny(more, tick) == tick)
            {
                await tick;
                foreach (var write in _writer.Maintain(isLast: false))
                {
                    await WriteAsync(write, _options.MaxTries, cancellationToken);
                }

                tick = Task.Delay(_writer.MaintainInterval, _clock, cancellationToken);
            }

            await more;
            while (_pending.Reader.TryRead(out var pending))
            {
                if (_writer.Join(pending) is { } write)
                {
                    await WriteAsync(write, _options.MaxTries, cancellationToken);
                }
            }
        }
    }

    private async Task FlushAsync()
    {
        _pending.Writer.TryComplete();
        using var timeout = new CancellationTokenSource(_options.FlushTimeout, _clock);
        try
        {
            if (_interrupted is { } interrupted)
            {
                await WriteAsync(interrupted, 1, timeout.Token);
            }

            while (_pending.Reader.TryRead(out var pending))
            {
                if (_writer.Join(pending) is { } write)
                {
                    await WriteAsync(write, 1, timeout.Token);
                }
            }

            foreach (var write in _writer.Maintain(isLast: true))
            {
                await WriteAsync(write, 1, timeout.Token);
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            Interlocked.Add(ref _failed, _pending.Reader.Count + 1);
            LogNotFlushed(_options.FlushTimeout, _pending.Reader.Count + 1);
        }
    }

    /// <summary>What the server refuses is given up; when it cannot be reached, or is itself in trouble, the write is tried again.</summary>
    private async Task WriteAsync(EventWrite write, int maxTries, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            _interrupted = write;
            try
            {
                await write.WriteAsync(cancellationToken);
                _interrupted = null;
                return;
            }
            catch (KubeApiException e) when ((int)e.Code is < 500 and not 429)
            {
                _interrupted = null;
                Interlocked.Increment(ref _failed);
                LogRefused(e, write.About);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                if (tries >= maxTries)
                {
                    _interrupted = null;
                    Interlocked.Increment(ref _failed);
                    LogGivenUp(e, write.About, tries);
                    return;
                }

                LogWillRetry(e, write.About);
            }

            // The first pause is random, so that many daemons do not come back to a restarted server at once.
            await Task.Delay(tries == 1 ? _options.RetryPause * _random.NextDouble() : _options.RetryPause, _clock, cancellationToken);
        }
    }

    private void OnDropped(PendingEvent pending)
    {
        if (Interlocked.Increment(ref _dropped) is var dropped && long.IsPow2(dropped))
        {
            LogDropped(_options.QueueLength, dropped);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Events are dropped: {QueueLength} wait already; {Dropped} dropped so far")]
    private partial void LogDropped(int queueLength, long dropped);

    [LoggerMessage(2, LogLevel.Information, "The API server refused the event {About}; it is given up")]
    private partial void LogRefused(Exception exception, string about);

    [LoggerMessage(3, LogLevel.Debug, "Writing the event {About} failed; will try again")]
    private partial void LogWillRetry(Exception exception, string about);

    [LoggerMessage(4, LogLevel.Warning, "Writing the event {About} failed {Tries} times; it is given up")]
    private partial void LogGivenUp(Exception exception, string about, int tries);

    [LoggerMessage(5, LogLevel.Warning, "Events could not be written within {FlushTimeout} before stopping: {Left} are lost")]
    private partial void LogNotFlushed(TimeSpan flushTimeout, int left);
}
