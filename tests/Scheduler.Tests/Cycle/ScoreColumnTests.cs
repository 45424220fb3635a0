using NodeAgent.Scheduler.Cycle;

namespace NodeAgent.Scheduler.Tests.Cycle;

public sealed class ScoreColumnTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void CopyTo_GivesWhatWasSetWhateverItsSize(long score)
    {
        var column = new ScoreColumn();
        column.EnsureCapacity(4);
        column.Set([0, 1], [7, 200]);
        column.Set([3], [score]);
        column.EnsureCapacity(8);
        column.Set([7], [9]);

        var scores = new long[4];
        column.CopyTo([7, 0, 3, 1], scores);

        Assert.Equal([9, 7, score, 200], scores);
    }
}
