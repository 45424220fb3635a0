using System.Collections.Concurrent;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Hooks;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Testing;
using NSubstitute;

namespace NodeAgent.Kubelet.Tests.Pods.Workers;

public sealed class ContainerKillerTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly IRuntimeService _runtime = Substitute.For<IRuntimeService>();
    private readonly FakeEvents _events = new();
    private readonly HttpAction _http = new();
    private readonly ConcurrentQueue<(string Id, TimeSpan Grace)> _stops = new();
    private readonly TaskCompletionSource<ExecSyncResponse> _hook = new();
    private readonly HookMetrics _hookMetrics = new(new MetricsRegistry());
    private readonly ContainerKiller _killer;

    public ContainerKillerTests()
    {
        _killer = new ContainerKiller(_runtime, new HookRunner(_runtime, _http, _events, _hookMetrics, _time), _events, _time);
        _runtime.ExecSyncAsync(default!, default!, default, default).ReturnsForAnyArgs(_hook.Task);
        _runtime.StopContainerAsync(default!, default, default).ReturnsForAnyArgs(call =>
        {
            _stops.Enqueue((call.Arg<string>(), call.Arg<TimeSpan>()));
            return Task.CompletedTask;
        });
    }

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task KillAll_WithoutHooks_GivesTheWholeGrace()
    {
        await KillAllAsync(new PodBuilder().Container("a").Build(), new RuntimeBuilder().Running("a"), 10);

        Assert.Equal([("a-0", TimeSpan.FromSeconds(10))], _stops);
        Assert.Contains(("Killing", "Stopping container a"), _events.Told);
    }

    [Fact]
    public async Task KillAll_PreStop_SpendsTheGrace()
    {
        var kill = KillAllAsync(WithPreStop(), new RuntimeBuilder().Running("a"), 10);
        await SleepingAsync();
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Empty(_stops);
        _hook.SetResult(new ExecSyncResponse());
        await kill;

        Assert.Equal([("a-0", TimeSpan.FromSeconds(6))], _stops);
    }

    [Fact]
    public async Task KillAll_PreStopThatOverruns_LeavesTwoSeconds()
    {
        var kill = KillAllAsync(WithPreStop(), new RuntimeBuilder().Running("a"), 10);
        await SleepingAsync();
        _time.Advance(TimeSpan.FromSeconds(10));
        await kill;

        Assert.Equal([("a-0", TimeSpan.FromSeconds(2))], _stops);
    }

    [Fact]
    public async Task KillAll_SleepThatOverruns_IsCounted()
    {
        var pod = new PodBuilder().Container("a", c => c.Lifecycle = new Lifecycle { PreStop = new LifecycleHandler { Sleep = new SleepAction { Seconds = 60 } } }).Build();

        var kill = KillAllAsync(pod, new RuntimeBuilder().Running("a"), 10);
        await SleepingAsync();
        _time.Advance(TimeSpan.FromSeconds(10));
        await kill;

        Assert.Equal(1, _hookMetrics.SleepsCut.Value);
    }

    [Fact]
    public async Task KillAll_PreStopThatFails_IsToldAndTheEndGoesOn()
    {
        _hook.SetResult(new ExecSyncResponse { ExitCode = 1 });
        await KillAllAsync(WithPreStop(), new RuntimeBuilder().Running("a"), 10);

        Assert.Contains(("FailedPreStopHook", "PreStopHook failed"), _events.Told);
        Assert.Single(_stops);
    }

    [Fact]
    public async Task KillAll_GraceThatGetsShorter_CutsTheHookShort()
    {
        using var clock = new GraceClock(TimeSpan.FromSeconds(600), _time);
        var kill = _killer.KillAllAsync(WithPreStop(), new RuntimeBuilder().Running("a").Build(), clock, CancellationToken.None);
        await SleepingAsync();
        clock.Shorten(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        await kill;

        Assert.Equal([("a-0", TimeSpan.FromSeconds(2))], _stops);
    }

    [Fact]
    public async Task KillAll_GraceThatGetsShorterWhileTheContainerEnds_StopsItAgainWithLess()
    {
        _runtime.StopContainerAsync(default!, default, default).ReturnsForAnyArgs(async call =>
        {
            _stops.Enqueue((call.Arg<string>(), call.Arg<TimeSpan>()));
            if (_stops.Count == 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, call.Arg<CancellationToken>());
            }
        });

        // Setting up the call made it.
        _stops.Clear();
        using var clock = new GraceClock(TimeSpan.FromSeconds(600), _time);
        var kill = _killer.KillAllAsync(new PodBuilder().Container("a").Build(), new RuntimeBuilder().Running("a").Build(), clock, CancellationToken.None);
        await Eventually.TrueAsync(() => _stops.Count == 1, "the first stop");
        clock.Shorten(TimeSpan.FromSeconds(5));
        await kill;

        Assert.Equal([600, 5], _stops.Select(s => s.Grace.TotalSeconds));
    }

    [Fact]
    public async Task KillAll_Sidecars_ComeLast_InReverse()
    {
        var pod = new PodBuilder().Sidecar("first").Sidecar("second").Container("main").Build();

        await KillAllAsync(pod, new RuntimeBuilder().Running("first").Running("second").Running("main"), 10);

        Assert.Equal(["main-0", "second-0", "first-0"], _stops.Select(s => s.Id));
    }

    [Fact]
    public async Task Kill_ByLivenessProbe_TakesTheProbesGrace()
    {
        var pod = new PodBuilder().Container("a", c => c.LivenessProbe = new Probe { TerminationGracePeriodSeconds = 3 }).Build();
        var container = new RuntimeBuilder().Running("a").Build().Latest("a")!;

        await _killer.KillAsync(pod, new ContainerKill(container, pod.Spec.Containers[0], ContainerKind.Main, "unwell", KillReason.LivenessProbe), CancellationToken.None);
        await _killer.KillAsync(pod, new ContainerKill(container, pod.Spec.Containers[0], ContainerKind.Main, "changed", KillReason.Other), CancellationToken.None);

        Assert.Equal([3, 30], _stops.Select(s => s.Grace.TotalSeconds));
    }

    [Fact]
    public async Task KillAll_ContainerThatIsGone_IsNoFault()
    {
        _runtime.StopContainerAsync(default!, default, default).ReturnsForAnyArgs(_ => throw new RuntimeException(RuntimeErrorCode.NotFound, "gone"));

        await KillAllAsync(new PodBuilder().Container("a").Build(), new RuntimeBuilder().Running("a"), 10);

        Assert.Single(_events.Told);
    }

    private static Pod WithPreStop() => new PodBuilder().Container("a", c => c.Lifecycle = new Lifecycle { PreStop = new LifecycleHandler { Exec = new ExecAction { Command = { "true" } } } }).Build();

    private async Task KillAllAsync(Pod pod, RuntimeBuilder runtime, int grace)
    {
        using var clock = new GraceClock(TimeSpan.FromSeconds(grace), _time);
        await _killer.KillAllAsync(pod, runtime.Build(), clock, CancellationToken.None);
    }

    private Task SleepingAsync() => Eventually.TrueAsync(() => _time.WaitingTimers > 0, "waiting for the hook");
}
