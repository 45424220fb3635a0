using System.Text.Json.Nodes;
using NodeAgent.Kubelet.Users;

namespace NodeAgent.Kubelet.Tests.Users;

public class MappingFileTests
{
    private const string Good = """[{"hostId":131072,"containerId":0,"length":65536}]""";

    [Fact]
    public void Content_IsAsUpstreamWritesIt() =>
        Assert.Equal($$"""{"uidMappings":{{Good}},"gidMappings":{{Good}}}""", MappingFile.Content(new IdRange(131072, 65536)).ToJsonString());

    [Fact]
    public void Parse_WhatIsWritten_IsTheRange() => Assert.Equal(new IdRange(131072, 65536), Parse(Good, Good));

    [Theory]
    [InlineData("""[]""", "uidMappings does not have one mapping")]
    [InlineData("""{}""", "uidMappings does not have one mapping")]
    [InlineData("""[7]""", "uidMappings does not have one mapping")]
    [InlineData("""[{"hostId":131072,"containerId":0,"length":1},{"hostId":196608,"containerId":1,"length":1}]""", "uidMappings does not have one mapping")]
    [InlineData("""[{"hostId":131072,"containerId":1,"length":65536}]""", "uidMappings does not begin with the container's root")]
    [InlineData("""[{"hostId":131072,"length":65536}]""", "containerId is no number")]
    [InlineData("""[{"hostId":"131072","containerId":0,"length":65536}]""", "hostId is no number")]
    [InlineData("""[{"hostId":-1,"containerId":0,"length":65536}]""", "hostId is no number")]
    [InlineData("""[{"hostId":0,"containerId":0,"length":65536}]""", "uidMappings has 65536 users from 0 on, which pods do not get")]
    [InlineData("""[{"hostId":131072,"containerId":0,"length":0}]""", "uidMappings has 0 users from 131072 on, which pods do not get")]
    [InlineData("""[{"hostId":4294901760,"containerId":0,"length":65536}]""", "uidMappings has 65536 users from 4294901760 on, which pods do not get")]
    [InlineData("""[{"hostId":196608,"containerId":0,"length":65536}]""", "uidMappings and gidMappings differ")]
    public void Parse_AnythingElse_IsRefusedWithTheReason(string users, string reason) =>
        Assert.Equal("checkpoint /file is damaged: " + reason, Assert.Throws<InvalidDataException>(() => Parse(users, Good)).Message);

    private static IdRange Parse(string users, string groups) => MappingFile.Parse(JsonNode.Parse($$"""{"uidMappings":{{users}},"gidMappings":{{groups}}}""")!.AsObject(), "/file");
}
