using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;
using NodeAgent.ContainerRuntime.Containerd;
using NodeAgent.ContainerRuntime.Cri;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Tests.Cri;

public class ContainerEventTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task GetContainerEvents_EngineHasThem_AsTheyCome()
    {
        await using var engine = await FakeEngine.StartAsync();
        var goOn = new TaskCompletionSource();
        engine.On("GetContainerEvents", async context =>
        {
            await FakeEngine.WriteMessageAsync(context, new ContainerEventResponse { ContainerId = "a" });
            await goOn.Task;
            await FakeEngine.WriteMessageAsync(context, new ContainerEventResponse { ContainerId = "b" });
            FakeEngine.EndWith(context, 0, null);
        });
        using var client = new CriClient(new CriOptions { RuntimeEndpoint = engine.Endpoint }, TimeProvider.System);
        await using var events = client.Runtime.GetContainerEventsAsync(CancellationToken.None).GetAsyncEnumerator();

        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.Equal("a", events.Current.ContainerId);
        goOn.SetResult();
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.Equal("b", events.Current.ContainerId);
        var end = await Assert.ThrowsAsync<RuntimeException>(() => events.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(RuntimeErrorCode.Unavailable, end.Code);
    }

    [Fact]
    public async Task GetContainerEvents_Containerd16_OwnEventService()
    {
        await using var engine = await FakeEngine.StartAsync();
        SubscribeRequest? request = null;
        string? space = null;
        engine.On("Subscribe", async context =>
        {
            space = context.Request.Headers["containerd-namespace"];
            request = await FakeEngine.ReadMessageAsync(context, SubscribeRequest.Parser);
            await SendAsync(context, "/tasks/start", new TaskStart { ContainerId = "c1", Pid = 7 });
            await SendAsync(context, "/tasks/exit", new TaskExit { ContainerId = "c1", Id = "an-exec" });
            await SendAsync(context, "/tasks/exit", new TaskExit { ContainerId = "c1", Id = "c1" });
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var client = new CriClient(new CriOptions { RuntimeEndpoint = engine.Endpoint }, TimeProvider.System);
        await using var events = client.Runtime.GetContainerEventsAsync(CancellationToken.None).GetAsyncEnumerator();

        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(ContainerEventType.ContainerStartedEvent, events.Current.ContainerEventType);
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(ContainerEventType.ContainerStoppedEvent, events.Current.ContainerEventType);
        Assert.Equal("c1", events.Current.ContainerId);
        Assert.Equal(5_000_000_006, events.Current.CreatedAt);
        Assert.Equal("k8s.io", space);
        Assert.Contains("namespace==k8s.io,topic==\"/tasks/exit\"", request!.Filters);
    }

    [Fact]
    public async Task GetContainerEvents_NeitherService_NotSupported()
    {
        await using var engine = await FakeEngine.StartAsync();
        using var client = new CriClient(new CriOptions { RuntimeEndpoint = engine.Endpoint }, TimeProvider.System);
        await using var events = client.Runtime.GetContainerEventsAsync(CancellationToken.None).GetAsyncEnumerator();

        await Assert.ThrowsAsync<NotSupportedException>(() => events.MoveNextAsync().AsTask().WaitAsync(Patience));
    }

    [Theory]
    [InlineData("/containers/create", ContainerEventType.ContainerCreatedEvent)]
    [InlineData("/containers/delete", ContainerEventType.ContainerDeletedEvent)]
    [InlineData("/tasks/start", ContainerEventType.ContainerStartedEvent)]
    [InlineData("/tasks/oom", ContainerEventType.ContainerStoppedEvent)]
    public void Translate_Topic_Type(string topic, ContainerEventType expected)
    {
        // In all of these messages the id is field 1.
        var envelope = Envelope(topic, new ContainerCreate { Id = "c1" });

        var translated = ContainerdEvents.Translate(envelope);

        Assert.Equal(expected, translated?.ContainerEventType);
        Assert.Equal("c1", translated?.ContainerId);
    }

    [Fact]
    public void Translate_OtherTopicOrNoEvent_Null()
    {
        Assert.Null(ContainerdEvents.Translate(Envelope("/images/create", new ContainerCreate { Id = "c1" })));
        Assert.Null(ContainerdEvents.Translate(new Envelope { Topic = "/tasks/start" }));
    }

    [Fact]
    public void Translate_Garbage_RuntimeException()
    {
        var envelope = Envelope("/tasks/start", new ContainerCreate());
        envelope.Event.Value = ByteString.CopyFrom(0x0a, 0xff);

        Assert.Throws<RuntimeException>(() => ContainerdEvents.Translate(envelope));
    }

    private static Task SendAsync(HttpContext context, string topic, IMessage message) =>
        FakeEngine.WriteMessageAsync(context, Envelope(topic, message));

    private static Envelope Envelope(string topic, IMessage message) => new()
    {
        Timestamp = new Timestamp { Seconds = 5, Nanos = 6 },
        Namespace = "k8s.io",
        Topic = topic,
        Event = new Any { TypeUrl = "containerd.events.X", Value = message.ToByteString() },
    };
}
