using System.Runtime.CompilerServices;
using Google.Protobuf;
using NodeAgent.ContainerRuntime.Containerd;
using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Cri;

/// <summary>
/// containerd's own event service as a source of CRI events, for versions without GetContainerEvents. The events carry the
/// container's id, type and time, but no statuses.
/// </summary>
internal static class ContainerdEvents
{
    /// <summary>Where containerd's CRI plugin keeps its containers.</summary>
    private const string Namespace = "k8s.io";

    private static readonly GrpcMethod<SubscribeRequest, Envelope> Subscribe = new("containerd.services.events.v1.Events", "Subscribe", Envelope.Parser);
    private static readonly KeyValuePair<string, string>[] Metadata = [new("containerd-namespace", Namespace)];
    private static readonly string[] Topics = ["/containers/create", "/containers/delete", "/tasks/start", "/tasks/exit", "/tasks/oom"];

    /// <exception cref="NotSupportedException">The engine is no containerd.</exception>
    public static async IAsyncEnumerable<ContainerEventResponse> SubscribeAsync(
        GrpcChannel channel, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new SubscribeRequest();
        request.Filters.AddRange(Topics.Select(topic => $"namespace=={Namespace},topic==\"{topic}\""));
        await using var envelopes = channel.ServerStreamAsync(Subscribe, request, Metadata, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(envelopes))
        {
            if (Translate(envelopes.Current) is { } translated)
            {
                yield return translated;
            }
        }

        throw new RuntimeException(RuntimeErrorCode.Unavailable, "Subscribe: containerd ended its events");
    }

    /// <returns>Null for what is no event of a container: the exit of an exec'd process above all.</returns>
    internal static ContainerEventResponse? Translate(Envelope envelope)
    {
        if (envelope.Event is not { } any)
        {
            return null;
        }

        try
        {
            return envelope.Topic switch
            {
                "/containers/create" => Event(ContainerCreate.Parser.ParseFrom(any.Value).Id, ContainerEventType.ContainerCreatedEvent, envelope),
                "/containers/delete" => Event(ContainerDelete.Parser.ParseFrom(any.Value).Id, ContainerEventType.ContainerDeletedEvent, envelope),
                "/tasks/start" => Event(TaskStart.Parser.ParseFrom(any.Value).ContainerId, ContainerEventType.ContainerStartedEvent, envelope),
                "/tasks/oom" => Event(TaskOom.Parser.ParseFrom(any.Value).ContainerId, ContainerEventType.ContainerStoppedEvent, envelope),
                "/tasks/exit" when TaskExit.Parser.ParseFrom(any.Value) is var exit && exit.Id == exit.ContainerId =>
                    Event(exit.ContainerId, ContainerEventType.ContainerStoppedEvent, envelope),
                _ => null,
            };
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RuntimeException(RuntimeErrorCode.Internal, $"Subscribe: containerd's event {envelope.Topic} cannot be read: {e.Message}", e);
        }
    }

    private static ContainerEventResponse? Event(string id, ContainerEventType type, Envelope envelope) =>
        id.Length == 0
            ? null
            : new ContainerEventResponse
            {
                ContainerId = id,
                ContainerEventType = type,
                CreatedAt = envelope.Timestamp is { } at ? (at.Seconds * 1_000_000_000) + at.Nanos : 0,
            };

    private static async Task<bool> MoveNextAsync(IAsyncEnumerator<Envelope> envelopes)
    {
        try
        {
            return await envelopes.MoveNextAsync();
        }
        catch (RuntimeException e) when (e.Code == RuntimeErrorCode.Unimplemented)
        {
            throw new NotSupportedException("the container engine tells no events: it has neither GetContainerEvents nor containerd's event service", e);
        }
    }
}
