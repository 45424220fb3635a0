using System.Text.Json.Nodes;
using NodeAgent.ContainerRuntime.Docker.Network;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Network;

public sealed class CniConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-cni-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_SeveralFiles_TheFirstValidOneByName()
    {
        Write("00-readme.txt", "no config");
        Write("05-broken.conflist", "{");
        Write("07-empty.conflist", """{"name":"e","plugins":[]}""");
        Write("20-second.conflist", """{"name":"second","plugins":[{"type":"bridge"}]}""");
        Write("10-first.conf", """{"cniVersion":"0.4.0","name":"first","type":"ptp"}""");
        var problems = new List<string>();

        var config = CniConfig.Load(_folder, problems)!;

        Assert.Equal("first", config.Name);
        Assert.Equal("0.4.0", config.CniVersion);
        Assert.Equal("ptp", Assert.Single(config.Plugins)["type"]!.GetValue<string>());
        Assert.Equal(2, problems.Count);
        Assert.Contains("05-broken.conflist", problems[0], StringComparison.Ordinal);
        Assert.Contains("07-empty.conflist", problems[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoFolder_NothingAndNoProblem()
    {
        var problems = new List<string>();

        Assert.Null(CniConfig.Load("/nonexistent", problems));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("""{"plugins":[{"type":"bridge"}]}""", "name")]
    [InlineData("""{"name":"n","plugins":[{}]}""", "plugins[0]")]
    [InlineData("""{"name":"n","plugins":{}}""", "plugins")]
    [InlineData("""{"name":"n","type":3}""", "type")]
    [InlineData("[]", "object")]
    public void Parse_Bad_SaysWhat(string json, string word) =>
        Assert.Contains(word, Assert.Throws<FormatException>(() => CniConfig.Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_OwnText_IsTheSameConfig()
    {
        var config = CniConfig.Parse("""{"cniVersion":"1.0.0","name":"n","type":"ptp","mtu":1400}""");

        Assert.Equal(config.Json, CniConfig.Parse(config.Json).Json);
    }

    [Fact]
    public void Input_Plugin_GetsNameVersionItsCapabilitiesAndTheResultBefore()
    {
        var config = CniConfig.Parse("""{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"portmap","snat":true,"capabilities":{"portMappings":true,"bandwidth":false}}]}""");
        var arguments = JsonNode.Parse("""{"portMappings":[{"hostPort":80}],"bandwidth":{},"dns":{}}""")!.AsObject();

        var input = config.Input(config.Plugins[0], arguments, JsonNode.Parse("""{"ips":[]}"""));

        Assert.Equal(
            """{"type":"portmap","snat":true,"name":"n","cniVersion":"1.0.0","runtimeConfig":{"portMappings":[{"hostPort":80}]},"prevResult":{"ips":[]}}""",
            input.ToJsonString());
    }

    [Fact]
    public void Addresses_Result_WithoutTheirMasks()
    {
        Assert.Equal(["10.1.2.3", "fd00::5"], CniConfig.Addresses(JsonNode.Parse("""{"ips":[{"address":"10.1.2.3/24"},{"address":"fd00::5/64"}]}""")));
        Assert.Empty(CniConfig.Addresses(null));
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
