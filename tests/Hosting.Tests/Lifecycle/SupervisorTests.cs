using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Testing;

namespace NodeAgent.Hosting.Tests.Lifecycle;

public sealed class SupervisorTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _clock = new();
    private readonly Supervisor _supervisor;

    public SupervisorTests()
    {
        _supervisor = new Supervisor(NullLoggerFactory.Instance, _clock);
    }

    public ValueTask DisposeAsync() => _supervisor.DisposeAsync();

    [Fact]
    public async Task Run_LoopThrows_IsAFailureWithItsName()
    {
        _supervisor.Run("healthy", token => Task.Delay(Timeout.Infinite, token));
        Assert.Null(_supervisor.Unhealthy());
        _supervisor.Run("rules", _ => throw new IOException("no iptables"));
        var failure = await _supervisor.Failed.WaitAsync(Patience);
        Assert.Equal("rules failed: no iptables", failure.ToString());
        Assert.Equal("rules failed: no iptables", _supervisor.Unhealthy());
    }

    [Fact]
    public async Task Run_LoopReturns_IsAFailureToo()
    {
        _supervisor.Run("rules", _ => Task.CompletedTask);
        Assert.Equal("rules ended by itself", (await _supervisor.Failed.WaitAsync(Patience)).ToString());
    }

    [Fact]
    public async Task Run_LoopIsCancelledByItself_IsAFailure()
    {
        _supervisor.Run("rules", _ => throw new OperationCanceledException("own timeout"));
        Assert.IsType<OperationCanceledException>((await _supervisor.Failed.WaitAsync(Patience)).Error);
    }

    [Fact]
    public async Task RunOnce_WorkEnds_IsNoFailure()
    {
        _supervisor.RunOnce("first list", _ => Task.CompletedTask);
        await Eventually.True(() => _supervisor.Running.Count == 0, "the work is gone");
        Assert.False(_supervisor.Failed.IsCompleted);
    }

    [Fact]
    public async Task StopAsync_Loops_EndWithoutFailure()
    {
        _supervisor.Run("a", token => Task.Delay(Timeout.Infinite, token));
        _supervisor.Run("b", async token =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                // A loop that fails on its way out has not failed the daemon.
#pragma warning disable CA2219
                throw new IOException("late");
#pragma warning restore CA2219
            }
        });
        Assert.Empty(await _supervisor.StopAsync(Patience));
        Assert.False(_supervisor.Failed.IsCompleted);
    }

    [Fact]
    public async Task StopAsync_LoopDoesNotEnd_IsNamed()
    {
        var release = new TaskCompletionSource();
        _supervisor.Run("stubborn", _ => release.Task);
        var stopping = _supervisor.StopAsync(TimeSpan.FromSeconds(5));
        await Eventually.True(() => _clock.WaitingTimers > 0, "the grace runs");
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["stubborn"], await stopping);
        release.SetResult();
    }

    [Fact]
    public async Task Unhealthy_SilentLoop_IsNamedUntilItBeats()
    {
        Heartbeat? heart = null;
        _supervisor.Run("relist", TimeSpan.FromSeconds(30), (h, token) =>
        {
            heart = h;
            return Task.Delay(Timeout.Infinite, token);
        });
        await Eventually.True(() => heart is not null, "the loop runs");
        _clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("relist has been silent for 31s", _supervisor.Unhealthy());
        heart!.Beat();
        Assert.Null(_supervisor.Unhealthy());
    }
}
