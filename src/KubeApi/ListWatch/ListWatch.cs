using System.Globalization;
using System.Net;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.KubeApi.ListWatch;

/// <summary>
/// Keeps a sink in step with a collection of the API: a list (streamed where the server offers it, else paged), then a
/// watch that goes on from the last revision seen however often it breaks, and a new list when the server no longer has
/// that revision, or comes back with an older state (an etcd restored from a backup). Failures are waited out with growing, jittered pauses and told once per change of state.
/// </summary>
public sealed class ListWatch<T>
    where T : class, IKubeObject, IMessage<T>, new()
{
    /// <summary>After as many broken attempts in a row the server was away, and may come back as another.</summary>
    private const int Away = 2;

    private static readonly TimeSpan ShortestWatch = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MinWatchTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan WatchGrace = TimeSpan.FromSeconds(30);

    private readonly IKubeClient _client;
    private readonly ResourceType<T> _type;
    private readonly ListWatchOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Backoff _backoff;
    private readonly ListWatchState _state;
    private readonly Lister<T> _lister;
    private string? _resourceVersion;
    private bool? _hasWatchList;
    private int _brokenInARow;

    public ListWatch(IKubeClient client, ResourceType<T> type, ListWatchOptions options, ILogger logger, TimeProvider time, Random? random = null)
    {
        (_client, _type, _options, _time) = (client, type, options, time);
        _random = random ?? Random.Shared;
        _backoff = new Backoff(BackoffOptions.ListWatch, time, _random);
        _state = new ListWatchState(type.Plural, client.Server, logger);
        _lister = new Lister<T>(client, type, options);
        _hasWatchList = options.UseWatchList ? null : false;
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(IListWatchSink<T> sink, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var asked = TimeSpan.Zero;
            try
            {
                var goOn = await StepAsync(sink, cancellationToken);
                _brokenInARow = 0;
                if (goOn)
                {
                    continue;
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && IsTheServers(e))
            {
                _state.OnFailure(e);
                _brokenInARow += e is IOException ? 1 : 0;
                if (e is KubeApiException { IsGone: true } && _resourceVersion is not null)
                {
                    _resourceVersion = null;
                    continue;
                }

                asked = (e as KubeApiException)?.RetryAfter ?? TimeSpan.Zero;
            }

            var pause = _backoff.Next();
            await Task.Delay(pause > asked ? pause : asked, _time, cancellationToken);
        }
    }

    /// <summary>A list when one is due, then one watch. False when the next step should wait.</summary>
    private async Task<bool> StepAsync(IListWatchSink<T> sink, CancellationToken cancellationToken)
    {
        if (_brokenInARow >= Away && _resourceVersion is not null && await IsBehindAsync(_resourceVersion, cancellationToken))
        {
            _resourceVersion = null;
        }

        if (_resourceVersion is null && !await HasWatchListAsync(cancellationToken))
        {
            var list = await _lister.ListAsync(cancellationToken);
            var collector = Collector(sink);
            foreach (var item in list.Items)
            {
                collector.Add(item);
            }

            collector.Complete();
            _resourceVersion = list.ResourceVersion;
            _state.OnSuccess(list.Items.Count);
        }

        var start = _time.GetTimestamp();
        var events = await WatchAsync(sink, cancellationToken);
        return events > 0 || _time.GetElapsedTime(start) >= ShortestWatch;
    }

    /// <summary>
    /// Whether the server's state is older than what has been seen. A watch from a revision of the future would be silent, and
    /// what is gone stay for ever.
    /// </summary>
    private async Task<bool> IsBehindAsync(string seen, CancellationToken cancellationToken)
    {
        var page = await _client.ListAsync(_type, _options.Namespace, new ListOptions(_options.LabelSelector, _options.FieldSelector, Limit: 1), cancellationToken);
        return !ulong.TryParse(page.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var server)
            || !ulong.TryParse(seen, NumberStyles.None, CultureInfo.InvariantCulture, out var known)
            || server < known;
    }

    private async Task<int> WatchAsync(IListWatchSink<T> sink, CancellationToken cancellationToken)
    {
        var timeout = MinWatchTimeout * (1 + _random.NextDouble());
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var guard = _time.CreateTimer(static s => ((CancellationTokenSource)s!).Cancel(), limited, timeout + WatchGrace, Timeout.InfiniteTimeSpan);

        var initial = _resourceVersion is null ? Collector(sink) : null;
        var listed = 0;
        var options = new WatchOptions(_options.LabelSelector, _options.FieldSelector, initial is null ? _resourceVersion : null, timeout, AllowBookmarks: true, SendInitialEvents: initial is not null);
        var count = 0;
        try
        {
            await foreach (var (eventType, value, isEnd) in _client.WatchAsync(_type, _options.Namespace, options, limited.Token))
            {
                count++;
                if (initial is null)
                {
                    Apply(sink, eventType, value);
                }
                else if (isEnd)
                {
                    initial.Complete();
                    _resourceVersion = value.Metadata.ResourceVersion;
                    _state.OnSuccess(listed);
                    initial = null;
                }
                else if (eventType != WatchEventType.Bookmark)
                {
                    initial.Add(value);
                    listed++;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The server has not ended the watch at the time it was asked to: ask again.
        }
        catch (KubeApiException e) when (initial is not null && e.Code is HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest)
        {
            _hasWatchList = false;
            return 1;
        }

        return count;
    }

    private static IListCollector<T> Collector(IListWatchSink<T> sink) => sink.Collect() ?? new ReplacingCollector<T>(sink);

    private void Apply(IListWatchSink<T> sink, WatchEventType eventType, T value)
    {
        if (eventType != WatchEventType.Bookmark)
        {
            sink.Apply(eventType, value);
        }

        _resourceVersion = value.Metadata.ResourceVersion;
        _state.OnSuccess(null);
    }

    private async ValueTask<bool> HasWatchListAsync(CancellationToken cancellationToken) =>
        _hasWatchList ??= (await _client.DiscoverAsync(cancellationToken)).HasWatchList;

    private static bool IsTheServers(Exception e) => e is KubeApiException or IOException;
}
