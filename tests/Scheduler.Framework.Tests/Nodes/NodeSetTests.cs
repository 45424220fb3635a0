using NodeAgent.Scheduler.Framework.Nodes;

namespace NodeAgent.Scheduler.Framework.Tests.Nodes;

public sealed class NodeSetTests
{
    private static readonly int[] Slots = [0, 1, 63, 64, 127, 128, 1000];

    [Fact]
    public void Add_SlotsOfSeveralWords_AreContainedInAscendingOrder()
    {
        var set = Of([.. Slots.Reverse()]);

        Assert.Equal(Slots, ToArray(set));
        Assert.Equal(Slots.Length, set.Count);
        Assert.All(Slots, slot => Assert.True(set.Contains(slot)));
        Assert.False(set.Contains(2));
        Assert.False(set.Contains(1_000_000));
    }

    [Fact]
    public void Remove_TwiceTheSameSlot_IsTrueThenFalse()
    {
        var set = Of(64);

        Assert.True(set.Remove(64));
        Assert.False(set.Remove(64));
        Assert.True(set.IsEmpty);
    }

    [Theory]
    [InlineData(new[] { 1, 64, 200 }, new[] { 64 }, new[] { 64 }, new[] { 1, 200 }, new[] { 1, 64, 200 })]
    [InlineData(new[] { 1 }, new[] { 1, 500 }, new[] { 1 }, new int[0], new[] { 1, 500 })]
    [InlineData(new int[0], new[] { 7 }, new int[0], new int[0], new[] { 7 })]
    public void Combining_SetsOfDifferentLengths_IsAsInSetTheory(int[] left, int[] right, int[] both, int[] onlyLeft, int[] either)
    {
        var (intersection, difference, union) = (Of(left), Of(left), Of(left));
        intersection.IntersectWith(Of(right));
        difference.ExceptWith(Of(right));
        union.UnionWith(Of(right));

        Assert.Equal((both, onlyLeft, either), (ToArray(intersection), ToArray(difference), ToArray(union)), Comparer);
    }

    [Fact]
    public void CopyFrom_ShorterSet_ForgetsWhatWasBeyondIt()
    {
        var set = Of(1, 700);

        set.CopyFrom(Of(3));

        Assert.Equal([3], ToArray(set));
    }

    [Fact]
    public void Enumeration_MayRemoveTheCurrentSlot()
    {
        var set = Of(Slots);

        foreach (var slot in set)
        {
            set.Remove(slot);
        }

        Assert.True(set.IsEmpty);
    }

    [Fact]
    public void Clone_OfASet_IsIndependent()
    {
        var set = Of(5);

        var copy = set.Clone();
        copy.Add(6);

        Assert.Equal([5], ToArray(set));
        Assert.Equal([5, 6], ToArray(copy));
    }

    private static IEqualityComparer<(int[], int[], int[])> Comparer { get; } = EqualityComparer<(int[], int[], int[])>.Create(
        (a, b) => a.Item1.SequenceEqual(b.Item1) && a.Item2.SequenceEqual(b.Item2) && a.Item3.SequenceEqual(b.Item3),
        value => value.Item1.Length);

    private static NodeSet Of(params int[] slots)
    {
        var set = new NodeSet();
        foreach (var slot in slots)
        {
            set.Add(slot);
        }

        return set;
    }

    private static int[] ToArray(NodeSet set)
    {
        var slots = new int[set.Count];
        Assert.Equal(slots.Length, set.CopyTo(slots));
        return slots;
    }
}
