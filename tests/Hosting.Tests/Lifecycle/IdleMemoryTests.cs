using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Testing;

namespace NodeAgent.Hosting.Tests.Lifecycle;

public sealed class IdleMemoryTests
{
    private const long Heap = 10 << 20;
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void IsDue_BusyThenQuiet_OnlyWhenQuiet()
    {
        var idle = new IdleMemory(_time);

        Assert.False(idle.IsDue(IdleMemory.WorthBytes, Heap));
        Assert.True(idle.IsDue(IdleMemory.WorthBytes + 1000, Heap));
    }

    [Fact]
    public void IsDue_LittleAllocated_IsNotWorthIt()
    {
        var idle = new IdleMemory(_time);

        Assert.False(idle.IsDue(IdleMemory.WorthBytes / 2, Heap));
        Assert.False(idle.IsDue(IdleMemory.WorthBytes / 2, Heap));
    }

    [Fact]
    public void IsDue_LargeHeap_IsLeftToTheCollector()
    {
        var idle = new IdleMemory(_time);
        idle.IsDue(1L << 30, IdleMemory.LargestHeapBytes + 1);

        Assert.False(idle.IsDue(1L << 30, IdleMemory.LargestHeapBytes + 1));
    }

    [Fact]
    public void IsDue_AfterARelease_WaitsInProportionToWhatItTook()
    {
        var idle = new IdleMemory(_time);
        idle.Released(0, TimeSpan.FromMilliseconds(20));
        idle.IsDue(1 << 28, Heap);

        Assert.False(idle.IsDue(1 << 28, Heap));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(idle.IsDue(1 << 28, Heap));
    }
}
