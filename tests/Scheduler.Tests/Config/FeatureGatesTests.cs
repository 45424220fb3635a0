using NodeAgent.Scheduler.Config;
using NodeAgent.Scheduler.Plugins;

namespace NodeAgent.Scheduler.Tests.Config;

public sealed class FeatureGatesTests
{
    [Fact]
    public void From_Nothing_HasUpstreamsDefaults()
    {
        var gates = FeatureGates.From(new Dictionary<string, bool>());

        Assert.Equal(new FeatureGates { NodeDeclaredFeatures = true, GangScheduling = false, GenericWorkload = false, StorageCapacityScoring = false }, gates);
        Assert.DoesNotContain(DefaultPlugins.MultiPoint(gates), p => p.Name == PluginNames.GangScheduling);
    }

    [Fact]
    public void MultiPoint_GangScheduling_ComesLast()
    {
        var gates = FeatureGates.From(new Dictionary<string, bool> { ["GangScheduling"] = true, ["GenericWorkload"] = true });

        Assert.Empty(gates.Validate());
        Assert.Equal(PluginNames.GangScheduling, DefaultPlugins.MultiPoint(gates)[^1].Name);
    }

    [Fact]
    public void Validate_GangSchedulingWithoutWhatItNeeds_SaysSo() =>
        Assert.Contains("needs GenericWorkload=true", Assert.Single(FeatureGates.From(new Dictionary<string, bool> { ["GangScheduling"] = true }).Validate()), StringComparison.Ordinal);

    [Fact]
    public void Unknown_Names_AreToldApart() =>
        Assert.Equal(["WorkloadAwarePreemption"], FeatureGates.Unknown(new Dictionary<string, bool> { ["GangScheduling"] = true, ["WorkloadAwarePreemption"] = true }));
}
