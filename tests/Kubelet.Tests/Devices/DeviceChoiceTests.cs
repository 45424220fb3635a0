using System.Collections.Immutable;
using NodeAgent.Kubelet.Allocation;
using NodeAgent.Kubelet.Devices;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Tests.Devices;

public sealed class DeviceChoiceTests
{
    private readonly List<string> _asked = [];
    private string[] _prefers = [];

    [Theory]
    [InlineData("a b c", 2, "", "", null, "a b")]
    [InlineData("a b c", 2, "", "a", null, "b c")]
    [InlineData("a b c", 1, "b", "a b", null, "b")]
    [InlineData("a b c", 2, "b", "a b", null, "b c")]
    [InlineData("a! b c", 2, "", "", null, "b c")]
    [InlineData("a@0 b@1 c@1", 1, "", "", 1, "b")]
    [InlineData("a@0 b@1 c@1", 2, "", "", 1, "b c")]
    [InlineData("a@0 b@1 c@1", 3, "", "", 1, "a b c")]
    [InlineData("a b@1 c@0", 2, "", "", 1, "b c")]
    [InlineData("a@0+1 b@1 c@0", 1, "", "", 0, "a")]
    public async Task Choose_WithoutPreference_TakesTheFirstThatSuit(string devices, int count, string reusable, string inUse, int? node, string expected) =>
        Assert.Equal(expected, string.Join(' ', await ChooseAsync(devices, count, reusable, inUse, node)));

    [Theory]
    [InlineData("a b c d", 2, "", null, "d c", "c d")]
    [InlineData("a b c d", 2, "", null, "d", "a d")]
    [InlineData("a@0 b@1 c@1 d@1", 1, "", 1, "a d", "d")]
    [InlineData("a@0 b@1 c@1 d@1", 1, "", 1, "a", "b")]
    [InlineData("a@0 b@1 c@0 d@0", 2, "", 1, "d", "b d")]
    [InlineData("a b c d", 2, "a", null, "c", "a c")]
    public async Task Choose_WithPreference_TakesWhatThePluginPrefers(string devices, int count, string reusable, int? node, string prefers, string expected)
    {
        _prefers = prefers.Split(' ');

        Assert.Equal(expected, string.Join(' ', await ChooseAsync(devices, count, reusable, reusable, node)));
    }

    [Fact]
    public async Task Choose_WithSomeTaken_TellsThePluginWhichAndHowManyInAll()
    {
        await ChooseAsync("a b c d", 2, "a", "a", null);

        Assert.Equal(["a,b,c,d with a of 2"], _asked);
    }

    [Fact]
    public async Task Choose_NotEnough_SaysHowManyThereAre()
    {
        var refused = await Assert.ThrowsAsync<AllocationException>(() => ChooseAsync("a b! c", 3, "", "a", null));

        Assert.Equal("requested number of devices unavailable for test/x. Requested: 3, Available: 1", refused.Message);
    }

    [Fact]
    public async Task Choose_Anything_NeverTakesWhatIsInUseOrUnwell()
    {
        var random = new Random(7);
        for (var round = 0; round < 500; round++)
        {
            var devices = Enumerable.Range(0, random.Next(1, 12)).Select(i => $"d{i:00}{(random.Next(3) == 0 ? "" : "@" + random.Next(3))}{(random.Next(5) == 0 ? "!" : "")}").ToList();
            var ids = devices.ConvertAll(d => d.TrimEnd('!').Split('@')[0]);
            var inUse = ids.Where(_ => random.Next(4) == 0).ToList();
            var free = devices.Where((d, i) => !d.EndsWith('!') && !inUse.Contains(ids[i])).Select(d => d.Split('@')[0]).ToList();
            _prefers = [.. ids.Where(_ => random.Next(2) == 0)];
            var count = random.Next(1, 5);
            if (free.Count < count)
            {
                await Assert.ThrowsAsync<AllocationException>(() => ChooseAsync(string.Join(' ', devices), count, "", string.Join(' ', inUse), random.Next(3)));
                continue;
            }

            var chosen = await ChooseAsync(string.Join(' ', devices), count, "", string.Join(' ', inUse), random.Next(4) is var n && n < 3 ? n : null);

            Assert.Equal(count, chosen.Count);
            Assert.Subset(free.ToHashSet(), chosen.ToHashSet());
        }
    }

    private Task<ImmutableSortedSet<string>> ChooseAsync(string devices, int count, string reusable, string inUse, int? node)
    {
        var resource = new DeviceResource { Devices = FakeDevicePlugin.Devices(Words(devices)).ToImmutableSortedDictionary(d => d.ID, d => d, StringComparer.Ordinal) };
        var request = new DeviceRequest("test/x", resource, count, [.. Words(reusable)], [.. Words(inUse)], node is { } n ? NumaMask.Of([n]) : null);
        return DeviceChoice.ChooseAsync(request, (available, mustInclude, size) =>
        {
            _asked.Add($"{string.Join(',', available)} with {string.Join(',', mustInclude)} of {size}");
            return Task.FromResult<IReadOnlyCollection<string>?>(_prefers);
        });
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
