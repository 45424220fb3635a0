using Google.Protobuf;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.ListWatch;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Sync;

/// <summary>Follows Services and EndpointSlices at the API server.</summary>
internal sealed partial class ModelSource(IKubeClient client, ILoggerFactory loggers, TimeProvider time)
{
    private static readonly TimeSpan DiscoveryRetry = TimeSpan.FromSeconds(1);

    /// <summary>Headless Services and those of other proxies, and their slices, are not even sent.</summary>
    private static readonly string Selector = $"!{ServiceReader.HeadlessLabel},!{ServiceReader.ProxyNameLabel}";

    private readonly ILogger _logger = loggers.CreateLogger<ModelSource>();

    public async Task RunAsync(ModelFeed feed, CancellationToken cancellationToken)
    {
        var slicesV1 = await HasSlicesV1Async(cancellationToken);
        await await Task.WhenAny(
            FollowAsync(Resources.Services, feed, cancellationToken),
            slicesV1 ? FollowAsync(Resources.EndpointSlices, feed, cancellationToken) : FollowAsync(Resources.EndpointSlicesV1Beta1, feed, cancellationToken));
    }

    private Task FollowAsync<T>(ResourceType<T> type, IListWatchSink<T> sink, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var logger = loggers.CreateLogger($"{typeof(ModelSource).FullName}.{type.Plural}");
        return new ListWatch<T>(client, type, new ListWatchOptions(LabelSelector: Selector), logger, time).RunAsync(sink, cancellationToken);
    }

    /// <summary>Servers before v1.21 have the slices in v1beta1 only.</summary>
    private async Task<bool> HasSlicesV1Async(CancellationToken cancellationToken)
    {
        for (var waiting = false; ; waiting = true)
        {
            try
            {
                return (await client.DiscoverAsync(cancellationToken)).Serves(Resources.EndpointSlices);
            }
            catch (Exception e) when (e is KubeApiException or IOException)
            {
                if (!waiting)
                {
                    LogWaiting(client.Server, e.Message);
                }

                await Task.Delay(DiscoveryRetry, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(40, LogLevel.Warning, "Waiting for the API server at {Server}: {Reason}")]
    private partial void LogWaiting(Uri server, string reason);
}
