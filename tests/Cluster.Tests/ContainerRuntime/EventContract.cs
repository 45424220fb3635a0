using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>The part of the contract that is about events, and about an engine that is gone or slow.</summary>
public abstract class EventContract(IEngineFixture engine)
{
    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task Events_LifeOfAContainer_EachStepIsTold()
    {
        using var stop = new CancellationTokenSource();
        var seen = new List<(string Id, ContainerEventType Type)>();
        var reading = ReadAsync(seen, stop.Token);
        await SubscribedAsync(seen);

        string id;
        await using (var pod = await RunningPod.StartAsync(engine, "events"))
        {
            id = await pod.RunAsync(Pods.Shell("main", "exit 0"));
            await pod.ExitedAsync(id);
            await engine.Runtime.RemoveContainerAsync(id, None);
        }

        ContainerEventType[] expected =
        [
            ContainerEventType.ContainerCreatedEvent, ContainerEventType.ContainerStartedEvent,
            ContainerEventType.ContainerStoppedEvent, ContainerEventType.ContainerDeletedEvent,
        ];
        await Wait.UntilAsync("the events of the container", TimeSpan.FromSeconds(20), () => Task.FromResult(Types(seen, id).Length >= expected.Length), () => string.Join(", ", Types(seen, id)));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.Equal(expected, Types(seen, id));
    }

    [Fact]
    public async Task Engine_StopsAndComesBack_UnavailableThenAllAsBefore()
    {
        var seen = new List<(string Id, ContainerEventType Type)>();
        var reading = ReadAsync(seen, None);
        await SubscribedAsync(seen);
        await using var pod = await RunningPod.StartAsync(engine, "outage");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));
        var before = await pod.StatusAsync(id);

        await engine.StopEngineAsync();
        RuntimeException gone, ended;
        try
        {
            gone = await Assert.ThrowsAsync<RuntimeException>(() => engine.Runtime.VersionAsync(None));
            ended = await Assert.ThrowsAsync<RuntimeException>(() => reading.WaitAsync(TimeSpan.FromSeconds(10)));
        }
        finally
        {
            await engine.StartEngineAsync();
        }

        var after = await pod.StatusAsync(id);
        Assert.Equal(RuntimeErrorCode.Unavailable, gone.Code);
        Assert.Contains(".sock", gone.Message, StringComparison.Ordinal);
        Assert.Equal(RuntimeErrorCode.Unavailable, ended.Code);
        Assert.Equal(ContainerState.ContainerRunning, after.State);
        Assert.Equal(before.StartedAt, after.StartedAt);
    }

    [Fact]
    public async Task Engine_DoesNotAnswer_CallEndsWhenTheCallerGivesUp()
    {
        await engine.FreezeAsync(true);
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                engine.Runtime.VersionAsync(patience.Token).WaitAsync(TimeSpan.FromSeconds(10)));
        }
        finally
        {
            await engine.FreezeAsync(false);
        }

        Assert.NotEmpty((await engine.Runtime.VersionAsync(None)).RuntimeName);
    }

    private static ContainerEventType[] Types(List<(string Id, ContainerEventType Type)> seen, string id)
    {
        lock (seen)
        {
            return [.. seen.Where(e => e.Id == id).Select(e => e.Type)];
        }
    }

    private async Task ReadAsync(List<(string Id, ContainerEventType Type)> seen, CancellationToken cancellationToken)
    {
        await foreach (var e in engine.Runtime.GetContainerEventsAsync(cancellationToken))
        {
            lock (seen)
            {
                seen.Add((e.ContainerId, e.ContainerEventType));
            }
        }
    }

    // No engine says when a subscription has begun: sandboxes are run until one of them is heard of.
    private Task SubscribedAsync(List<(string Id, ContainerEventType Type)> seen) =>
        Wait.UntilAsync("a first event", TimeSpan.FromSeconds(30), async () =>
        {
            await using (await RunningPod.StartAsync(engine, "subscribe"))
            {
            }

            lock (seen)
            {
                return seen.Count > 0;
            }
        });
}
