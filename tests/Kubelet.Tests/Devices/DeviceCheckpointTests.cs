using System.Collections.Immutable;
using System.Text.Json.Nodes;
using NodeAgent.Kubelet.Devices;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Schemas.Devices;

namespace NodeAgent.Kubelet.Tests.Devices;

public sealed class DeviceCheckpointTests
{
    private static readonly DeviceCheckpoint Example = new(
        [
            new DeviceAssignment(new PodUid("uid-1"), "main", "test/x", ImmutableSortedDictionary<long, ImmutableArray<string>>.Empty.Add(-1, ["a", "b"]).Add(1, ["c"]), new ContainerAllocateResponse { Envs = { ["A"] = "b" } }),
        ],
        ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("test/x", ["a", "b", "c"]));

    [Fact]
    public void Parse_OfWhatWasWritten_IsTheSame()
    {
        var read = DeviceCheckpoint.Parse(Reread(Example.ToJson()));

        var assignment = Assert.Single(read.Assignments);
        Assert.Equal(Example.Assignments[0] with { ByNode = assignment.ByNode }, assignment);
        Assert.Equal("-1:a,b 1:c", string.Join(' ', assignment.ByNode.Select(n => $"{n.Key}:{string.Join(',', n.Value)}")));
        Assert.Equal("a b c", string.Join(' ', read.Registered["test/x"]));
    }

    [Fact]
    public void Parse_OfNothing_IsNothing()
    {
        var file = new DeviceCheckpoint([], ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty).ToJson();

        Assert.Null(file["Data"]!["PodDeviceEntries"]);
        Assert.Empty(DeviceCheckpoint.Parse(Reread(file)).Assignments);
    }

    [Fact]
    public void Parse_OfSomethingChanged_Fails()
    {
        var file = Example.ToJson();
        file["Data"]!["PodDeviceEntries"]![0]!["DeviceIDs"]!["1"]![0] = "d";

        Assert.Throws<InvalidDataException>(() => DeviceCheckpoint.Parse(Reread(file)));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Data":{},"Checksum":"x"}""")]
    [InlineData("""{"Data":{"PodDeviceEntries":[{}],"RegisteredDevices":null},"Checksum":1}""")]
    public void Parse_OfAnotherForm_Fails(string file) => Assert.Throws<InvalidDataException>(() => DeviceCheckpoint.Parse(JsonNode.Parse(file)!.AsObject()));

    private static JsonObject Reread(JsonObject file) => JsonNode.Parse(file.ToJsonString())!.AsObject();
}
