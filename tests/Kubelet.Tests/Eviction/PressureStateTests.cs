using NodeAgent.Kubelet.Eviction;

namespace NodeAgent.Kubelet.Tests.Eviction;

public class PressureStateTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Transition = TimeSpan.FromMinutes(5);
    private static readonly EvictionThreshold Hard = new(EvictionSignals.Memory, new EvictionAmount(100), TimeSpan.Zero, new EvictionAmount(50));
    private static readonly EvictionThreshold Soft = new(EvictionSignals.Memory, new EvictionAmount(300), TimeSpan.FromSeconds(30), null);
    private static readonly EvictionThreshold Disk = new(EvictionSignals.NodeDisk, new EvictionAmount(0, 10), TimeSpan.Zero, null);

    [Fact]
    public void Next_EnoughOfAll_IsNothing()
    {
        var state = Look(PressureState.None, memory: 1000, seconds: 0);

        Assert.Empty(state.Conditions);
        Assert.Empty(state.Acting);
    }

    [Fact]
    public void Next_HardThreshold_ActsAtOnce()
    {
        var state = Look(PressureState.None, memory: 99, seconds: 0);

        Assert.Equal([EvictionSignals.MemoryPressure], state.Conditions);
        Assert.Contains(Hard, state.Acting);
        Assert.DoesNotContain(Soft, state.Acting);
    }

    [Fact]
    public void Next_SoftThreshold_TellsAtOnceAndActsAfterItsGrace()
    {
        var state = Look(PressureState.None, memory: 200, seconds: 0);
        Assert.Equal([EvictionSignals.MemoryPressure], state.Conditions);
        Assert.Empty(state.Acting);

        state = Look(state, memory: 200, seconds: 29);
        Assert.Empty(state.Acting);

        Assert.Equal([Soft], Look(state, memory: 200, seconds: 30).Acting.ToArray());
    }

    [Fact]
    public void Next_SoftThresholdThatIsInterrupted_BeginsAnew()
    {
        var state = Look(Look(PressureState.None, memory: 200, seconds: 0), memory: 400, seconds: 20);

        Assert.Empty(Look(state, memory: 200, seconds: 40).Acting);
    }

    [Fact]
    public void Next_MinimumReclaim_KeepsActingUntilItIsFree()
    {
        var state = Look(PressureState.None, memory: 90, seconds: 0);

        Assert.Contains(Hard, Look(state, memory: 140, seconds: 1).Acting);
        Assert.DoesNotContain(Hard, Look(state, memory: 150, seconds: 1).Acting);
    }

    [Fact]
    public void Next_ReasonThatIsGone_KeepsTheConditionForTheTransition()
    {
        var state = Look(PressureState.None, memory: 90, seconds: 0);
        state = Look(state, memory: 1000, seconds: 299);
        Assert.Equal([EvictionSignals.MemoryPressure], state.Conditions);

        Assert.Empty(Look(state, memory: 1000, seconds: 300).Conditions);
    }

    [Fact]
    public void Next_SeveralThresholds_MemoryComesFirst()
    {
        var state = Look(PressureState.None, memory: 90, seconds: 0, disk: 9);

        Assert.Equal([Hard, Disk], state.Acting.ToArray());
        Assert.Equal([EvictionSignals.DiskPressure, EvictionSignals.MemoryPressure], state.Conditions);
    }

    private static PressureState Look(PressureState before, long memory, int seconds, long disk = 50) => before.Next(
        [Disk, Hard, Soft],
        new Dictionary<string, Observation> { [EvictionSignals.Memory] = new(memory, 1000), [EvictionSignals.NodeDisk] = new(disk, 100) },
        Transition,
        Start.AddSeconds(seconds));
}
