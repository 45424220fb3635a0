using Google.Protobuf;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Sync;

/// <summary>Follows Services and EndpointSlices at the API server.</summary>
internal sealed partial class ModelSource(IKubeClient client, ILoggerFactory loggers, TimeProvider time)
{
    private static readonly TimeSpan DiscoveryRetry = TimeSpan.FromSeconds(1);
    private readonly ILogger _logger = loggers.CreateLogger<ModelSource>();

    /// <summary>Headless Services and those of other proxies, and their slices, are not even sent.</summary>
    private static readonly string Selector = $"!{ServiceReader.HeadlessLabel},!{ServiceReader.ProxyNameLabel}";

    /// <param name="complete">Called once both have been listed and handed over.</param>
    public async Task RunAsync(ModelFeed feed, Action complete, CancellationToken cancellationToken)
    {
        var services = NewInformer(Resources.Services, (IInformerHandler<Service>)feed, Shrink);
        var (slicesSynced, runSlices) = await HasSlicesV1Async(cancellationToken)
            ? Start(NewInformer(Resources.EndpointSlices, (IInformerHandler<KubeApi.Discovery.V1.EndpointSlice>)feed, s => Shrink(s.Metadata)))
            : Start(NewInformer(Resources.EndpointSlicesV1Beta1, (IInformerHandler<KubeApi.Discovery.V1Beta1.EndpointSlice>)feed, s => Shrink(s.Metadata)));
        var running = new List<Task> { services.RunAsync(cancellationToken), runSlices(cancellationToken) };
        var synced = Task.WhenAll(services.Synced, slicesSynced);
        running.Add(CompleteAsync());
        while (running.Count > 0)
        {
            var ended = await Task.WhenAny(running);
            await ended;
            running.Remove(ended);
        }

        async Task CompleteAsync()
        {
            await synced;
            LogComplete(services.Store.Count);
            complete();
        }
    }

    private static (Task Synced, Func<CancellationToken, Task> Run) Start<T>(Informer<T> informer)
        where T : class, IKubeObject, IMessage<T>, new() => (informer.Synced, informer.RunAsync);

    private Informer<T> NewInformer<T>(ResourceType<T> type, IInformerHandler<T> handler, Action<T> shrink)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var informer = new Informer<T>(client, type, new InformerOptions<T>(LabelSelector: Selector, Transform: shrink), loggers, time);
        informer.AddHandler(handler);
        return informer;
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

    private static void Shrink(Service service)
    {
        Shrink(service.Metadata);
        service.Spec?.Selector.Clear();
    }

    /// <summary>Keeps of an object's metadata what the proxy reads; with thousands of objects the rest is most of the memory.</summary>
    private static void Shrink(ObjectMeta metadata)
    {
        metadata.OwnerReferences.Clear();
        metadata.Finalizers.Clear();
        Keep(metadata.Annotations, EndpointSliceReader.TriggerTimeAnnotation);
        Keep(metadata.Labels, EndpointSliceReader.ServiceNameLabel);
    }

    private static void Keep(Google.Protobuf.Collections.MapField<string, string> map, string key)
    {
        var kept = map.GetValueOrDefault(key);
        map.Clear();
        if (kept is not null)
        {
            map[key] = kept;
        }
    }

    [LoggerMessage(40, LogLevel.Warning, "Waiting for the API server at {Server}: {Reason}")]
    private partial void LogWaiting(Uri server, string reason);

    [LoggerMessage(41, LogLevel.Information, "Services ({Services}) and EndpointSlices have been listed; programming the rules")]
    private partial void LogComplete(int services);
}
