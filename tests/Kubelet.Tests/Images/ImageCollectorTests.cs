using System.Collections.Immutable;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.Kubelet.Images;

namespace NodeAgent.Kubelet.Tests.Images;

public class ImageCollectorTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 0, 0, TimeSpan.Zero);
    private static readonly ImageGcPolicy Policy = new(85, 80, TimeSpan.FromMinutes(2), TimeSpan.FromDays(1));

    [Theory]
    [InlineData(16, 0)] // 84 % used
    [InlineData(15, 5)] // 85 %: down to 80 %
    [InlineData(0, 20)]
    public void BytesToFree_ByThresholds(long available, long expected) => Assert.Equal(expected, ImageCollector.BytesToFree(100, available, Policy));

    [Fact]
    public void BytesToFree_HighIsAHundred_Never() => Assert.Equal(0, ImageCollector.BytesToFree(100, 0, Policy with { HighPercent = 100 }));

    [Fact]
    public void ToFree_LeastRecentlyUsedFirst_UntilEnough()
    {
        var known = Seen(("old", 0), ("older", 0), ("new", 0));
        known = ImageCollector.Update(known, All("old", "older", "new"), new HashSet<string> { "old", "new" }, Start.AddMinutes(10));
        known = ImageCollector.Update(known, All("old", "older", "new"), new HashSet<string> { "new" }, Start.AddMinutes(20));
        known = ImageCollector.Update(known, All("old", "older", "new"), new HashSet<string>(), Start.AddMinutes(30));

        Assert.Equal(["older"], ImageCollector.ToFree(known.Values, 10, Policy, Start.AddMinutes(30)).Select(i => i.Id));
        Assert.Equal(["older", "old"], ImageCollector.ToFree(known.Values, 15, Policy, Start.AddMinutes(30)).Select(i => i.Id));
    }

    [Fact]
    public void ToFree_YoungUsedAndPinnedImages_Stay()
    {
        var images = All("young", "used", "pinned");
        images[2].Pinned = true;
        var known = ImageCollector.Update(ImmutableDictionary<string, ImageRecord>.Empty, images[1..], new HashSet<string> { "used" }, Start);
        known = ImageCollector.Update(known, images, new HashSet<string> { "used" }, Start.AddMinutes(10));

        Assert.Empty(ImageCollector.ToFree(known.Values, long.MaxValue, Policy, Start.AddMinutes(11)));
        Assert.Equal(["young"], ImageCollector.ToFree(known.Values, long.MaxValue, Policy, Start.AddMinutes(12)).Select(i => i.Id));
    }

    [Fact]
    public void TooOld_UnusedForTheMaximumAge()
    {
        var known = Seen(("a", 0));

        Assert.Empty(ImageCollector.TooOld(known.Values, Policy, Start.AddDays(1)));
        Assert.Single(ImageCollector.TooOld(known.Values, Policy, Start.AddDays(1).AddSeconds(1)));
        Assert.Empty(ImageCollector.TooOld(known.Values, Policy with { MaximumAge = TimeSpan.Zero }, Start.AddDays(9)));
    }

    [Fact]
    public void Update_ByTagOrDigest_CountsAsUsed()
    {
        var image = new Image { Id = "sha256:1", RepoTags = { "docker.io/library/a:1" }, RepoDigests = { "docker.io/library/a@sha256:2" } };

        Assert.True(ImageCollector.Update(ImmutableDictionary<string, ImageRecord>.Empty, [image], new HashSet<string> { "docker.io/library/a:1" }, Start)["sha256:1"].InUse);
        Assert.False(ImageCollector.Update(ImmutableDictionary<string, ImageRecord>.Empty, [image], new HashSet<string> { "docker.io/library/b:1" }, Start)["sha256:1"].InUse);
    }

    [Fact]
    public async Task Use_RemovalWaitsForStarts_AndStartsForRemovals()
    {
        var use = new ImageUse();
        var start = await use.StartAsync(CancellationToken.None);
        Assert.Null(use.TryRemove());
        start.Dispose();

        var removal = use.TryRemove();
        Assert.NotNull(removal);
        var waiting = use.StartAsync(CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        removal.Dispose();
        (await waiting.WaitAsync(TimeSpan.FromSeconds(10))).Dispose();
        use.TryRemove()!.Dispose();
    }

    private static List<Image> All(params string[] ids) => [.. ids.Select(id => new Image { Id = id, Size = 10 })];

    private static ImmutableDictionary<string, ImageRecord> Seen(params (string Id, int Minute)[] images) =>
        images.Aggregate(ImmutableDictionary<string, ImageRecord>.Empty, (known, i) => known.SetItems(ImageCollector.Update(known, All(i.Id), new HashSet<string>(), Start.AddMinutes(i.Minute))));
}
