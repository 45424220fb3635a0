using NodeAgent.Kubelet.Cpus;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Tests.Cpus;

public sealed class CpuPickerTests
{
    [Theory]
    [InlineData("0-7", 1, "0")]
    [InlineData("0-7", 2, "0,4")]
    [InlineData("0-7", 3, "0-1,4")]
    [InlineData("1-7", 1, "4")]
    [InlineData("1-7", 2, "1,5")]
    [InlineData("2-7", 3, "2,4,6")]
    [InlineData("0-7", 8, "0-7")]
    [InlineData("0-7", 0, "")]
    public void Take_OnOneSocket_TakesWholeCoresThenWhatIsLeftOfBrokenOnes(string available, int count, string expected) =>
        Assert.Equal(expected, Take(Layouts.Small, available, count));

    [Theory]
    [InlineData("0-11", 1, "0")]
    [InlineData("0-11", 2, "0,6")]
    [InlineData("0-11", 6, "0,2,4,6,8,10")]
    [InlineData("0-11", 8, "0-2,4,6-8,10")]
    [InlineData("1-11", 6, "1,3,5,7,9,11")]
    [InlineData("1-11", 2, "2,8")]
    [InlineData("1-5,7-11", 2, "2,8")]
    public void Take_OnTwoSockets_TakesAWholeSocket_OrBreaksTheOneThatIsBroken(string available, int count, string expected) =>
        Assert.Equal(expected, Take(Layouts.Dual, available, count));

    [Fact]
    public void Take_MoreThanThereAre_IsNothing() => Assert.Null(CpuPicker.Take(Layouts.Small, CpuSet.Parse("0-2"), 4, new CpuPolicyOptions()));

    [Theory]
    [InlineData("0-7", 2, "0-1")]
    [InlineData("1-7", 2, "2-3")]
    [InlineData("1-7", 1, "1")]
    [InlineData("0-7", 3, "0-2")]
    public void Take_ByCache_TakesCpusThatShareOne(string available, int count, string expected) =>
        Assert.Equal(expected, Take(Layouts.Caches, available, count, new CpuPolicyOptions { AlignByCache = true }));

    [Fact]
    public void Take_SpreadOverCores_TakesOneCpuOfEach() =>
        Assert.Equal("0-3", Take(Layouts.Small, "0-7", 4, new CpuPolicyOptions { SpreadOverCores = true }));

    [Theory]
    [InlineData(2, false, "0,6")]
    [InlineData(6, false, "0,2,4,6,8,10")]
    [InlineData(8, false, "0-3,6-9")]
    [InlineData(8, true, "0-3,6-9")]
    [InlineData(10, true, "0-4,6-10")]
    public void Take_SpreadOverNodes_TakesTheSameFromEach_WhenOneIsNotEnough(int count, bool wholeCores, string expected) =>
        Assert.Equal(expected, Take(Layouts.Dual, "0-11", count, new CpuPolicyOptions { SpreadOverNodes = true, WholeCores = wholeCores }));

    [Fact]
    public void Take_Anything_TakesSoManyOfWhatIsFree_AndBreaksNoCoreInVain()
    {
        var random = new Random(11);
        for (var round = 0; round < 300; round++)
        {
            var host = Layouts.Make(random.Next(1, 3), random.Next(1, 3), random.Next(1, 5), random.Next(1, 3));
            var options = new CpuPolicyOptions { SpreadOverNodes = random.Next(3) == 0, AlignByCache = random.Next(4) == 0 };
            var available = CpuSet.Of(host.All.Where(_ => random.Next(5) > 0));
            var count = random.Next(0, host.Count + 1);
            var taken = CpuPicker.Take(host, available, count, options with { AlignByCache = options.AlignByCache && !options.SpreadOverNodes });
            if (count > available.Count)
            {
                Assert.Null(taken);
                continue;
            }

            Assert.Equal(count, taken!.Count);
            Assert.True(taken.IsSubsetOf(available), $"{taken} of {available}");
            var whole = host.Places.GroupBy(c => c.Core).Where(g => g.All(c => available.Has(c.Id))).ToList();
            if (!options.SpreadOverNodes && !options.AlignByCache && count % host.PerCore == 0 && whole.Count * host.PerCore >= count)
            {
                Assert.All(whole, g => Assert.Contains(g.Count(c => taken.Has(c.Id)), new[] { 0, host.PerCore }));
            }
        }
    }

    private static string Take(CpuLayout host, string available, int count, CpuPolicyOptions? options = null) => CpuPicker.Take(host, CpuSet.Parse(available), count, options ?? new CpuPolicyOptions())!.ToString();
}
