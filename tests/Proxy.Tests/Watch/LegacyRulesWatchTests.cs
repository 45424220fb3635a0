using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Watch;
using NodeAgent.Testing;

namespace NodeAgent.Proxy.Tests.Watch;

public sealed class LegacyRulesWatchTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Sizes _sizes = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly LegacyRulesWatch _watch;
    private int _disturbed;

    public LegacyRulesWatchTests()
    {
        _watch = new LegacyRulesWatch(IPFamily.IPv4, _sizes, _time, NullLogger<LegacyRulesWatch>.Instance);
        _ = _watch.RunAsync(_ => _disturbed++, _stop.Token);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    [Fact]
    public async Task RunAsync_TableShrinks_TellsOnceWithinASecond()
    {
        _sizes.Nat = new LegacyTableSize(5, 500);

        await AdvanceAsync(4);

        Assert.Equal(1, _disturbed);
    }

    [Fact]
    public async Task RunAsync_TableGrows_TellsNothing()
    {
        _sizes.Nat = new LegacyTableSize(105, 10500);

        await AdvanceAsync(4);

        Assert.Equal(0, _disturbed);
    }

    [Fact]
    public async Task RunAsync_OwnWriteShrinksTheTable_TellsNothing()
    {
        _watch.Writing(1);
        _sizes.Nat = new LegacyTableSize(5, 500);
        await AdvanceAsync(1);
        _watch.Written();

        await AdvanceAsync(4);

        Assert.Equal(0, _disturbed);
    }

    [Fact]
    public async Task RunAsync_TableShrinksJustBeforeAnOwnWrite_Tells()
    {
        _sizes.Nat = new LegacyTableSize(5, 500);
        _watch.Writing(1);
        _sizes.Nat = new LegacyTableSize(105, 10500);
        _watch.Written();

        await AdvanceAsync(1);

        Assert.Equal(1, _disturbed);
    }

    /// <summary>Half seconds go by; the watch's own part of each runs elsewhere.</summary>
    private async Task AdvanceAsync(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            var reads = _sizes.Reads;
            _time.Advance(TimeSpan.FromSeconds(0.5));
            for (var wait = 0; wait < 100 && _sizes.Reads == reads; wait++)
            {
                await Task.Yield();
            }
        }
    }

    private sealed class Sizes : ILegacyTables
    {
        private int _reads;

        public int Reads => Volatile.Read(ref _reads);

        public LegacyTableSize Nat { get; set; } = new(100, 10000);

        public LegacyTableSize Read(Table table)
        {
            Interlocked.Increment(ref _reads);
            return table == Table.Nat ? Nat : new LegacyTableSize(10, 1000);
        }
    }
}
