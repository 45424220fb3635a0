using NodeAgent.Kubelet.Users;

namespace NodeAgent.Kubelet.Tests.Users;

public class PodIdsTests
{
    private const uint Unit = PodIds.Unit;

    [Theory]
    [InlineData(65536, true)]
    [InlineData(131072, true)]
    [InlineData(4294901760, true)]
    [InlineData(0, false)]
    [InlineData(-65536, false)]
    [InlineData(65535, false)]
    [InlineData(65537, false)]
    [InlineData(4294967296, false)]
    public void CanBePerPod_IsAMultipleOf65536_OfWhichThereIsOne(long count, bool expected) => Assert.Equal(expected, PodIds.CanBePerPod(count));

    [Theory]
    [InlineData(65536, 65536, 4294901760)]
    [InlineData(131072, 131072, 4294836224)]
    [InlineData(196608, 196608, 4294705152)] // 2^32 is no multiple of it: the odd rest is left out.
    [InlineData(2147483648, 2147483648, 2147483648)]
    [InlineData(4294901760, 4294901760, 0)]
    public void Default_IsAllButTheHostsOwn(uint perPod, uint first, uint length) => Assert.Equal(new IdRange(first, length), PodIds.Default(perPod));

    [Fact]
    public void ParseGetsubids_OneLine_IsTheRange() => Assert.Equal(new IdRange(65536, 7208960), PodIds.ParseGetsubids("0: kubelet 65536 7208960\n"));

    [Theory]
    [InlineData("")]
    [InlineData("0: kubelet 65536\n")]
    [InlineData("0: kubelet 65536 65536\n1: kubelet 262144 65536\n")]
    [InlineData("0: kubelet\n65536 65536\n")]
    [InlineData("0: kubelet 65536 many\n")]
    [InlineData("0: kubelet 65536 4294967296\n")]
    [InlineData("Error fetching ranges")]
    public void ParseGetsubids_AnythingElse_IsRefused(string output) => Assert.Throws<InvalidDataException>(() => PodIds.ParseGetsubids(output));

    [Theory]
    [InlineData(65536, 7208960, 65536, 110, null)]
    [InlineData(131072, 14417920, 131072, 110, null)]
    [InlineData(65536, 7208960, 65536, 111, "they are enough for 110 pods with 65536 each (userNamespaces.idsPerPod), and maxPods is 111")]
    [InlineData(0, 7208960, 65536, 110, "the first of them, 0, must be a multiple of 65536 (userNamespaces.idsPerPod), and not 0")]
    [InlineData(100000, 7208960, 65536, 110, "the first of them, 100000, must be a multiple of 65536 (userNamespaces.idsPerPod), and not 0")]
    [InlineData(65536, 14417920, 131072, 110, "the first of them, 65536, must be a multiple of 131072 (userNamespaces.idsPerPod), and not 0")]
    [InlineData(65536, 7208961, 65536, 110, "their number, 7208961, must be a multiple of 65536 (userNamespaces.idsPerPod)")]
    public void Check_NamesWhatIsWrong(uint first, uint length, uint perPod, int maxPods, string? expected) => Assert.Equal(expected, PodIds.Check(new IdRange(first, length), perPod, maxPods));

    [Theory]
    [InlineData(65536)]
    [InlineData(1u << 31)]
    public void Check_OfTheDefault_Suits(uint perPod) => Assert.Null(PodIds.Check(PodIds.Default(perPod), perPod, 1));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 1)] // Behind the last place is the first.
    public void Pick_NothingTaken_IsThePlaceToStartFrom(uint start, uint expected) =>
        Assert.Equal(new IdRange(expected * Unit, Unit), PodIds.Pick(new IdRange(Unit, 2 * Unit), Unit, [], start));

    [Fact]
    public void Pick_TakenPlaces_ArePassedOver() =>
        Assert.Equal(new IdRange(2 * Unit, Unit), PodIds.Pick(new IdRange(Unit, 3 * Unit), Unit, [Place(3), Place(1)], start: 2));

    [Fact]
    public void Pick_RangesOfOtherSettings_AreNotCutInto() =>
        Assert.Equal(new IdRange(4 * Unit, 2 * Unit), PodIds.Pick(new IdRange(2 * Unit, 4 * Unit), 2 * Unit, [Place(3)], start: 0));

    [Fact]
    public void Pick_AllTaken_IsNone() => Assert.Null(PodIds.Pick(new IdRange(Unit, 2 * Unit), Unit, [Place(2), Place(1)], start: 1));

    [Fact]
    public void Pick_TheVeryLastNumbers_AreNeverGiven()
    {
        var ids = PodIds.Default(Unit);

        Assert.Equal(Place(1), PodIds.Pick(ids, Unit, [], start: (ids.Length / Unit) - 1));
        Assert.Equal(Place(65534), PodIds.Pick(ids, Unit, [], start: (ids.Length / Unit) - 2));
    }

    private static IdRange Place(uint number) => new(number * Unit, Unit);
}
