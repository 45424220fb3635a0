namespace NodeAgent.Scheduler.Tests;

public sealed class PoolTests
{
    [Fact]
    public void Get_OfAPoolThatIsFull_StartsOver()
    {
        var pool = new Pool<string>(2);
        var first = pool.Get(New("a"));
        pool.Get("b");
        pool.Get("c");

        var again = New("a");

        Assert.Same(again, pool.Get(again));
        Assert.NotSame(first, again);
    }

    private static string New(string text) => new(text.AsSpan());
}
