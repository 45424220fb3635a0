using System.Text.Json.Nodes;
using NodeAgent.Kubelet.Cpus;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Tests.Cpus;

public sealed class CpuCheckpointTests
{
    /// <summary>The checksums are those that upstream's kubelet has for such files.</summary>
    [Theory]
    [InlineData("""{"policyName": "none", "defaultCPUSet": "4-6", "entries": {}, "checksum": 354655845}""", "4-6", 0)]
    [InlineData("""{"policyName": "none", "defaultCpuSet": "1-3", "entries": {"pod": {"container1": "4-6", "container2": "1-3"}}, "checksum": 3610638499}""", "1-3", 2)]
    public void Parse_OfAFileOfUpstreams_IsWhatItSays(string file, string shared, int containers)
    {
        var (policy, state) = CpuCheckpoint.Parse(JsonNode.Parse(file)!.AsObject());

        Assert.Equal("none", policy);
        Assert.Equal(shared, state.Shared.ToString());
        Assert.Equal(containers, state.Exclusive.Values.Sum(p => p.Count));
    }

    [Fact]
    public void Parse_OfWhatWasWritten_IsTheSame()
    {
        var state = (CpuState.Empty with { Shared = CpuSet.Parse("0-7") }).Give(new PodUid("uid"), "main", CpuSet.Parse("2-3")).Give(new PodUid("uid"), "other", CpuSet.Parse("5"));

        var (policy, read) = CpuCheckpoint.Parse(JsonNode.Parse(CpuCheckpoint.ToJson("static", state).ToJsonString())!.AsObject());

        Assert.Equal("static 0-1,4,6-7 2-3 5", $"{policy} {read.Shared} {read.Of(new PodUid("uid"), "main")} {read.Of(new PodUid("uid"), "other")}");
    }

    [Theory]
    [InlineData("""{"policyName": "none", "defaultCpuSet": "4-6", "checksum": 1337}""")]
    [InlineData("""{"policyName": "none", "defaultCpuSet": "1.3", "checksum": 0}""")]
    [InlineData("""{"policyName": "none", "defaultCpuSet": 3, "checksum": 0}""")]
    public void Parse_OfADamagedFile_Fails(string file) => Assert.Throws<InvalidDataException>(() => CpuCheckpoint.Parse(JsonNode.Parse(file)!.AsObject()));
}
