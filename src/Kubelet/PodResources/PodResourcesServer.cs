using Google.Protobuf;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.KubeApi.Client;
using NodeAgent.Kubelet.Schemas.PodResources;

namespace NodeAgent.Kubelet.PodResources;

/// <summary>The pod-resources API on its socket: v1, and of v1alpha1 the one call that older agents make.</summary>
/// <param name="active">The pods that hold resources of the node.</param>
internal sealed class PodResourcesServer(string socket, PodResourcesView view, Func<IReadOnlyCollection<Pod>> active, PodResourcesMetrics metrics, TimeProvider time)
{
    private const string Service = "PodResourcesLister";
    private const string V1 = "v1";
    private const string V1Alpha1 = "v1alpha1";
    private const double CallsPerSecond = 100;
    private const int Burst = 10;

    private readonly RateLimiter _bucket = new(CallsPerSecond, Burst, time);

    /// <summary>Serves until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var server = new GrpcServer(socket);
        Map(server, V1, "List", ListPodResourcesRequest.Parser, _ => List());
        Map(server, V1Alpha1, "List", ListPodResourcesRequest.Parser, _ => List());
        Map(server, V1, "Get", GetPodResourcesRequest.Parser, Get);
        Map(server, V1, "GetAllocatableResources", AllocatableResourcesRequest.Parser, _ => view.Allocatable());
        await server.StartAsync(cancellationToken);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private ListPodResourcesResponse List() => new() { PodResources = { active().Select(view.Of) } };

    private GetPodResourcesResponse Get(GetPodResourcesRequest request)
    {
        var pod = active().FirstOrDefault(p => p.Metadata.Name == request.PodName && p.Metadata.Namespace == request.PodNamespace)
            ?? throw new RuntimeException(RuntimeErrorCode.Unknown, $"pod {request.PodName} in namespace {request.PodNamespace} not found");
        return new GetPodResourcesResponse { PodResources = view.Of(pod) };
    }

    private void Map<TRequest>(GrpcServer server, string version, string call, MessageParser<TRequest> parser, Func<TRequest, IMessage> answer)
        where TRequest : class, IMessage<TRequest> =>
        server.Map(version + "." + Service, call, parser, (request, _) =>
        {
            if (!_bucket.TryTake())
            {
                throw new RuntimeException(RuntimeErrorCode.ResourceExhausted, "rejected by rate limit");
            }

            metrics.Asked(call, version);
            try
            {
                return Task.FromResult(answer(request));
            }
            catch (RuntimeException)
            {
                metrics.Failed(call, version);
                throw;
            }
        });
}
