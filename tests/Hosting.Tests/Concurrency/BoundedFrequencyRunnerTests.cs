using NodeAgent.Hosting.Concurrency;
using NodeAgent.Testing;

namespace NodeAgent.Hosting.Tests.Concurrency;

public sealed class BoundedFrequencyRunnerTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Exception> _errors = [];
    private Func<bool> _work = () => true;
    private int _runs;
    private readonly BoundedFrequencyRunner _runner;
    private Task _loop = Task.CompletedTask;

    public BoundedFrequencyRunnerTests()
    {
        _runner = new BoundedFrequencyRunner(
            _ =>
            {
                Interlocked.Increment(ref _runs);
                return ValueTask.FromResult(_work());
            },
            TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5), _clock, _errors.Add);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _loop);
        _stop.Dispose();
    }

    private async Task StartAndRunOnce()
    {
        _loop = _runner.RunAsync(_stop.Token);
        _runner.Request();
        await Runs(1);
    }

    /// <summary>Waits for the n-th run and for the loop to sleep after it.</summary>
    private Task Runs(int count) => Eventually.True(() => Volatile.Read(ref _runs) == count && _clock.WaitingTimers == 1, $"{count} runs, not {_runs}");

    [Fact]
    public async Task Request_Burst_RunsOnceAtOnceAndOnceAfterTheMinimum()
    {
        await StartAndRunOnce();
        for (var i = 0; i < 10; i++)
        {
            _runner.Request();
        }

        _clock.Advance(TimeSpan.FromSeconds(0.9));
        await Task.Yield();
        Assert.Equal(1, _runs);
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        await Runs(2);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Runs(2);
    }

    [Fact]
    public async Task RunAsync_NobodyAsks_RunsAfterTheMaximum()
    {
        await StartAndRunOnce();
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Runs(1);
        _clock.Advance(TimeSpan.FromSeconds(28.5));
        await Runs(1);
        _clock.Advance(TimeSpan.FromSeconds(0.5));
        await Runs(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RunAsync_WorkFails_RetriesAndTellsWhy(bool throws)
    {
        _work = () => throws ? throw new IOException("iptables") : false;
        await StartAndRunOnce();
        _work = () => true;
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Runs(1);
        _clock.Advance(TimeSpan.FromSeconds(4));
        await Runs(2);
        Assert.Equal(throws ? 1 : 0, _errors.Count);
    }

    [Fact]
    public async Task Request_WithABurstAfterAQuietTime_RunsThatOftenWithoutAWait()
    {
        var runs = 0;
        var runner = new BoundedFrequencyRunner(
            _ =>
            {
                Interlocked.Increment(ref runs);
                return ValueTask.FromResult(true);
            },
            TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5), _clock, _errors.Add)
        { Burst = 3 };
        _loop = runner.RunAsync(_stop.Token);
        for (var i = 1; i <= 3; i++)
        {
            runner.Request();
            await Eventually.True(() => Volatile.Read(ref runs) == i && _clock.WaitingTimers == 1, $"{i} runs, not {runs}");
        }

        runner.Request();
        await Task.Yield();
        Assert.Equal(3, runs);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.True(() => Volatile.Read(ref runs) == 4, $"4 runs, not {runs}");
    }

    [Theory]
    [InlineData(0.01, 1)]
    [InlineData(0.1, 2)]
    [InlineData(1, 3)]
    public async Task Request_RunsThatTakeLongerThanTheirShare_ComeLessOften(double workSeconds, double pauseSeconds)
    {
        var runs = 0;
        var runner = new BoundedFrequencyRunner(
            _ =>
            {
                _clock.Advance(TimeSpan.FromSeconds(workSeconds));
                Interlocked.Increment(ref runs);
                return ValueTask.FromResult(true);
            },
            TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5), _clock, _errors.Add)
        { Share = 0.05, Stretch = 3 };
        _loop = runner.RunAsync(_stop.Token);
        runner.Request();
        await Eventually.True(() => Volatile.Read(ref runs) == 1 && _clock.WaitingTimers == 1, $"1 run, not {runs}");
        runner.Request();

        _clock.Advance(TimeSpan.FromSeconds(pauseSeconds - 0.05));
        await Task.Yield();
        Assert.Equal(1, runs);
        _clock.Advance(TimeSpan.FromSeconds(0.06));
        await Eventually.True(() => Volatile.Read(ref runs) == 2, $"2 runs, not {runs}");
    }

    [Fact]
    public async Task RunAsync_WithBackoff_WaitsLongerAfterEachFailure()
    {
        var runs = 0;
        var runner = new BoundedFrequencyRunner(
            _ =>
            {
                Interlocked.Increment(ref runs);
                return ValueTask.FromResult(false);
            },
            TimeSpan.Zero, TimeSpan.FromMinutes(30), TimeSpan.FromSeconds(3), _clock, _errors.Add)
        { Backoff = new ExponentialBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)) };
        _loop = runner.RunAsync(_stop.Token);
        runner.Request();
        var count = 1;
        foreach (var seconds in new[] { 1, 2, 3, 3 })
        {
            await Eventually.True(() => Volatile.Read(ref runs) == count && _clock.WaitingTimers == 1, $"{count} runs, not {runs}");
            _clock.Advance(TimeSpan.FromSeconds(seconds - 0.1));
            await Task.Yield();
            Assert.Equal(count, runs);
            _clock.Advance(TimeSpan.FromSeconds(0.1));
            count++;
        }
    }
}
