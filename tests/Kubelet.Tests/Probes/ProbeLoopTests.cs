using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Hooks;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Probes;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Testing;
using NSubstitute;

namespace NodeAgent.Kubelet.Tests.Probes;

public sealed class ProbeLoopTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly IRuntimeService _runtime = Substitute.For<IRuntimeService>();
    private readonly FakeEvents _events = new();
    private readonly HttpAction _http = new();
    private readonly GrpcHealth _grpc = new();
    private readonly CancellationTokenSource _stop = new();
    private int _runs;
    private int _changes;
    private int _exitCode;
    private RuntimeException? _error;

    public ProbeLoopTests() => _runtime.ExecSyncAsync(default!, default!, default, default).ReturnsForAnyArgs(_ =>
    {
        _runs++;
        return _error is not null ? Task.FromException<ExecSyncResponse>(_error) : Task.FromResult(new ExecSyncResponse { ExitCode = _exitCode, Stdout = Google.Protobuf.ByteString.CopyFromUtf8("said") });
    });

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _http.Dispose();
        _grpc.Dispose();
    }

    [Fact]
    public void Run_InitialDelay_IsFromTheContainersStart()
    {
        Start(ProbeKind.Readiness, new Probe { InitialDelaySeconds = 5, PeriodSeconds = 2 }, startedAgo: TimeSpan.FromSeconds(3));

        _time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Equal(0, _runs);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(1, _runs);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, _runs);
    }

    [Fact]
    public void Run_Thresholds_CountInARow()
    {
        var loop = Start(ProbeKind.Readiness, new Probe { PeriodSeconds = 1, SuccessThreshold = 2, FailureThreshold = 3 });
        Assert.Equal(ProbeOutcome.Unknown, loop.Outcome);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ProbeOutcome.Success, loop.Outcome);

        _exitCode = 1;
        _time.Advance(TimeSpan.FromSeconds(2));
        _exitCode = 0;
        _time.Advance(TimeSpan.FromSeconds(1));
        _exitCode = 1;
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(ProbeOutcome.Success, loop.Outcome);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ProbeOutcome.Failure, loop.Outcome);
        Assert.Equal(2, _changes);
        Assert.Contains(("Unhealthy", "Readiness probe failed: said"), _events.Told);
    }

    [Fact]
    public void Run_StartupThatSucceeded_IsNotRunAgain()
    {
        Start(ProbeKind.Startup, new Probe { PeriodSeconds = 1 });

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, _runs);
    }

    [Fact]
    public void Run_LivenessThatFailed_IsNotRunAgain()
    {
        _exitCode = 1;
        var loop = Start(ProbeKind.Liveness, new Probe { PeriodSeconds = 1, FailureThreshold = 2 });

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((ProbeOutcome.Failure, 2), (loop.Outcome, _runs));
    }

    [Fact]
    public void Run_EngineThatIsAway_IsTold_AndSaysNothingOfTheContainer()
    {
        var loop = Start(ProbeKind.Liveness, new Probe { PeriodSeconds = 1, FailureThreshold = 1 });
        _error = new RuntimeException(RuntimeErrorCode.Unavailable, "no such socket");
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal((ProbeOutcome.Success, 1, 1 + (5 * 3)), (loop.Outcome, _changes, _runs));
        Assert.Contains(("Unhealthy", "Liveness probe errored and resulted in failure state: no such socket"), _events.Told);

        (_error, _exitCode) = (null, 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ProbeOutcome.Failure, loop.Outcome);
    }

    [Fact]
    public void Run_Gate_HoldsItBack()
    {
        var gate = new TaskCompletionSource();
        Start(ProbeKind.Liveness, new Probe { PeriodSeconds = 1 }, gate: gate.Task);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(0, _runs);

        gate.SetResult();
        Assert.Equal(1, _runs);
    }

    private ProbeLoop Start(ProbeKind kind, Probe probe, TimeSpan startedAgo = default, Task? gate = null)
    {
        // xUnit's context would take the loop's steps to other threads; without it they are taken inside Advance.
        SynchronizationContext.SetSynchronizationContext(null);
        probe.Handler = new ProbeHandler { Exec = new ExecAction { Command = { "check" } } };
        var pod = new PodBuilder().Container("a").Build();
        var target = new ProbeTarget(pod, pod.Spec.Containers[0], ContainerKind.Main, "id", _time.GetUtcNow() - startedAgo, "10.0.0.1");
        var loop = new ProbeLoop(kind, target, probe, new Prober(_runtime, _http, _grpc, _time), _events, _time);
        _ = loop.RunAsync(TimeSpan.Zero, gate ?? Task.CompletedTask, () => _changes++, _stop.Token);
        return loop;
    }
}
