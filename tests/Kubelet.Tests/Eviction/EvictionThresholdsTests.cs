using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Eviction;

namespace NodeAgent.Kubelet.Tests.Eviction;

public class EvictionThresholdsTests
{
    [Fact]
    public void Parse_NothingConfigured_AreUpstreamsDefaults()
    {
        var thresholds = Parse(new KubeletConfiguration(), out var errors);

        Assert.Empty(errors);
        Assert.Equal(
            ["imagefs.available", "imagefs.inodesFree", "memory.available", "nodefs.available", "nodefs.inodesFree"],
            thresholds.Select(t => t.Signal).Order());
        Assert.Equal(100L << 20, thresholds.Single(t => t.Signal == EvictionSignals.Memory).Amount.Of(1L << 34));
        Assert.Equal(10, thresholds.Single(t => t.Signal == EvictionSignals.NodeDisk).Amount.Of(100));
    }

    [Fact]
    public void Parse_HardGiven_ReplacesTheDefaults_UnlessMerged()
    {
        var config = new KubeletConfiguration { EvictionHard = { ["memory.available"] = "1Gi" } };
        Assert.Single(Parse(config, out _));

        config.MergeDefaultEvictionSettings = true;
        Assert.Equal(5, Parse(config, out _).Count);
    }

    [Fact]
    public void Parse_SoftWithGraceAndReclaim()
    {
        var config = new KubeletConfiguration
        {
            EvictionHard = { ["memory.available"] = "0%" },
            EvictionSoft = { ["nodefs.available"] = "15%" },
            EvictionSoftGracePeriod = { ["nodefs.available"] = TimeSpan.FromMinutes(1) },
            EvictionMinimumReclaim = { ["nodefs.available"] = "5%" },
        };

        var only = Assert.Single(Parse(config, out var errors));
        Assert.Empty(errors);
        Assert.Equal(new EvictionThreshold("nodefs.available", new EvictionAmount(0, 15), TimeSpan.FromMinutes(1), new EvictionAmount(0, 5)), only);
    }

    [Theory]
    [InlineData("memory.free", "1Gi")]
    [InlineData("memory.available", "plenty")]
    [InlineData("memory.available", "120%")]
    public void Parse_Nonsense_IsAnError(string signal, string amount)
    {
        Parse(new KubeletConfiguration { EvictionHard = { [signal] = amount } }, out var errors);

        Assert.Contains(signal, Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_SoftWithoutGrace_IsAnError()
    {
        Parse(new KubeletConfiguration { EvictionSoft = { ["memory.available"] = "1Gi" } }, out var errors);

        Assert.Contains("grace period must be specified", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_OfMeminfo_IsFreeAndInactiveFilePages() => Assert.Equal(
        new Observation((300 + 100) * 1024, 1000 * 1024),
        NodeObserver.Memory(["MemTotal:        1000 kB", "MemFree:          300 kB", "MemAvailable:     700 kB", "Inactive(file):   100 kB", "HugePages_Total:       0"]));

    private static IReadOnlyList<EvictionThreshold> Parse(KubeletConfiguration config, out List<string> errors) => EvictionThresholds.Parse(config, errors = []);
}
