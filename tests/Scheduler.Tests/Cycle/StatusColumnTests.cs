using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;

namespace NodeAgent.Scheduler.Tests.Cycle;

public sealed class StatusColumnTests
{
    private static readonly Status Full = Status.Unschedulable("full");
    private static readonly Status Tainted = Status.Unresolvable("tainted");

    private readonly StatusColumn _column = new();

    [Fact]
    public void Set_ManySlots_CountsThemByStatus()
    {
        Assert.True(_column.Set(2, Full));
        Assert.False(_column.Set(700, Full));
        Assert.True(_column.Set(3, Tainted));

        Assert.Equal([(Full, 2), (Tainted, 1)], _column.Counts);
        Assert.Equal(3, _column.Count);
        Assert.Equal([null, Full, Tainted, Full, null], new[] { 0, 2, 3, 700, 9999 }.Select(s => _column[s]));
    }

    [Fact]
    public void Set_SlotThatHadAnother_CountsTheLast()
    {
        _column.Set(2, Full);
        _column.Set(2, Tainted);

        Assert.Equal([(Tainted, 1)], _column.Counts);
        Assert.Equal(1, _column.Count);
    }
}
