using NodeAgent.Hosting.Config;

namespace NodeAgent.Hosting.Tests.Config;

public sealed class ConfigReaderTests : IDisposable
{
    private const string Head = "apiVersion: test.k8s.io/v1\nkind: TestConfiguration\n";

    private static readonly ConfigKind Kind = new("test.k8s.io/v1", "TestConfiguration");

    private readonly string _directory = Directory.CreateTempSubdirectory("nodeagent-config").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    public enum Mode
    {
        None,
        Webhook,
    }

    [NotActedOn("oldField")]
    internal sealed record TestConfig
    {
        public string ClusterDomain { get; init; } = "cluster.local";

        public IReadOnlyList<string> ClusterDNS { get; init; } = [];

        public bool? FailSwapOn { get; init; }

        public int KubeAPIQPS { get; init; } = 50;

        public double Threshold { get; init; }

        public TimeSpan SyncFrequency { get; init; } = TimeSpan.FromMinutes(1);

        [ZeroIsDefault]
        public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

        [ZeroIsDefault]
        public string Driver { get; init; } = "cgroupfs";

        [ZeroIsDefault]
        public int Burst { get; init; } = 10;

        public IReadOnlyDictionary<string, string> EvictionHard { get; init; } = new Dictionary<string, string>();

        public Mode Mode { get; init; }

        public ConfigQuantity? Memory { get; init; }

        public ConfigIntOrString? Surge { get; init; }

        [ConfigField("tlsCertFile")]
        public string CertificateFile { get; init; } = "";

        public Nested Authentication { get; init; } = new();

        public IReadOnlyList<Nested> Profiles { get; init; } = [];

        public RawConfig? Args { get; init; }
    }

    [NotActedOn("legacy")]
    internal sealed record Nested
    {
        public string Name { get; init; } = "";

        public bool Enabled { get; init; } = true;
    }

    private static TestConfig Read(string body) => ConfigReader.Read<TestConfig>(Head + body, "f.yaml", Kind).Value;

    private static IReadOnlyList<string> Errors(string text) => Assert.Throws<ConfigException>(() => ConfigReader.Read<TestConfig>(text, "f.yaml", Kind)).Errors;

    [Fact]
    public void Read_EveryType_IsBound()
    {
        var config = Read("""
            clusterDomain: example
            clusterDNS: [10.0.0.1, 10.0.0.2]
            failSwapOn: false
            kubeAPIQPS: 7
            threshold: 0.5
            syncFrequency: 1m30s
            evictionHard: {memory.available: 100Mi}
            mode: Webhook
            memory: 1Gi
            surge: 10%
            tlsCertFile: /x.crt
            authentication: {enabled: false}
            profiles:
            - name: a
            - name: b
              enabled: false
            args: {x: [1, "two"]}
            """);
        Assert.Equal("example", config.ClusterDomain);
        Assert.Equal(["10.0.0.1", "10.0.0.2"], config.ClusterDNS);
        Assert.False(config.FailSwapOn);
        Assert.Equal(7, config.KubeAPIQPS);
        Assert.Equal(0.5, config.Threshold);
        Assert.Equal(90, config.SyncFrequency.TotalSeconds);
        Assert.Equal("100Mi", config.EvictionHard["memory.available"]);
        Assert.Equal(Mode.Webhook, config.Mode);
        Assert.Equal("1Gi", config.Memory?.Text);
        Assert.Equal("10%", config.Surge?.Text);
        Assert.Equal("/x.crt", config.CertificateFile);
        Assert.False(config.Authentication.Enabled);
        Assert.Equal([new Nested { Name = "a" }, new Nested { Name = "b", Enabled = false }], config.Profiles);
        Assert.Equal("{\"x\":[1,\"two\"]}", config.Args?.ToJson());
    }

    [Fact]
    public void Read_Json_IsBoundAlike()
    {
        var document = ConfigReader.Read<TestConfig>("""{"apiVersion": "test.k8s.io/v1", "kind": "TestConfiguration", "kubeAPIQPS": 3, "surge": 4}""", "f.json", Kind);
        Assert.Equal(3, document.Value.KubeAPIQPS);
        Assert.Equal(4, document.Value.Surge?.Number);
        Assert.Contains("kubeAPIQPS", document.FieldsSet);
    }

    [Fact]
    public void Read_Null_LeavesTheDefault() => Assert.Equal("cluster.local", Read("clusterDomain: null\nauthentication: ~\n").ClusterDomain);

    [Theory]
    [InlineData("clusterDomian: x", "f.yaml:3:1: clusterDomian: unknown field \"clusterDomian\"; did you mean \"clusterDomain\"?")]
    [InlineData("clusterdomain: x", "f.yaml:3:1: clusterdomain: unknown field \"clusterdomain\"; did you mean \"clusterDomain\"?")]
    [InlineData("kubeAPIQPS: \"7\"", "f.yaml:3:13: kubeAPIQPS: a whole number is expected, not the string \"7\"")]
    [InlineData("kubeAPIQPS: 99999999999", "f.yaml:3:13: kubeAPIQPS: the number 99999999999 is out of range")]
    [InlineData("failSwapOn: \"true\"", "f.yaml:3:13: failSwapOn: true or false is expected, not the string \"true\"")]
    [InlineData("clusterDomain: 5", "f.yaml:3:16: clusterDomain: a string is expected, not the number 5")]
    [InlineData("clusterDNS: 10.0.0.1", "f.yaml:3:13: clusterDNS: a list is expected, not the string \"10.0.0.1\"")]
    [InlineData("clusterDNS: [a, 5]", "f.yaml:3:17: clusterDNS[1]: a string is expected, not the number 5")]
    [InlineData("syncFrequency: 30", "f.yaml:3:16: syncFrequency: a duration such as \"30s\" or \"1m30s\" is expected, not the number 30")]
    [InlineData("mode: Other", "f.yaml:3:7: mode: one of None, Webhook is expected, not the string \"Other\"")]
    [InlineData("memory: lots", "f.yaml:3:9: memory: a quantity such as \"500m\" or \"1Gi\" is expected, not the string \"lots\"")]
    [InlineData("authentication: yes", "f.yaml:3:17: authentication: a mapping is expected, not the boolean true")]
    [InlineData("profiles:\n- name: a\n  enbled: true", "f.yaml:5:3: profiles[0].enbled: unknown field \"enbled\"; did you mean \"enabled\"?")]
    [InlineData("mode: None\nmode: None", "f.yaml:4:1: mode: the field is set twice, first on line 3")]
    [InlineData("evictionHard:\n  a: x\n  a: y", "f.yaml:5:3: evictionHard.a: the key is set twice, first on line 4")]
    public void Read_OneError_SaysWhereAndWhat(string body, string expected) => Assert.Equal([expected], Errors(Head + body));

    [Fact]
    public void Read_SeveralErrors_AreAllListed()
    {
        var errors = Errors("apiVersion: other/v1\nkubeAPIQPS: x\nnope: 1\n");
        Assert.Equal(4, errors.Count);
        Assert.Contains("f.yaml:1:13: apiVersion: must be \"test.k8s.io/v1\", not the string \"other/v1\"", errors);
        Assert.Contains(errors, e => e.EndsWith("kind: is missing; \"TestConfiguration\" is expected", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a: b\n---\nc: d\n")]
    [InlineData("- a\n")]
    [InlineData("a: [b\n")]
    [InlineData("{\"a\": ")]
    public void Read_NoConfig_IsRefused(string text) => Assert.NotEmpty(Errors(text));

    [Fact]
    public void Read_ZeroWhereItMeansTheDefault_IsTheDefault()
    {
        var config = Read("timeout: 0s\ndriver: \"\"\nburst: 0\nkubeAPIQPS: 0\n");
        Assert.Equal((TimeSpan.FromMinutes(2), "cgroupfs", 10), (config.Timeout, config.Driver, config.Burst));
        Assert.Equal(0, config.KubeAPIQPS);
        Assert.Equal(TimeSpan.FromSeconds(5), Read("timeout: 5s").Timeout);
    }

    [Fact]
    public void Read_FieldsNotActedOn_AreNamed()
    {
        var document = ConfigReader.Read<TestConfig>(Head + "oldField: {a: 1}\nprofiles: [{legacy: 1}]\n", "f.yaml", Kind);
        Assert.Equal(["oldField", "profiles[0].legacy"], document.NotActedOn);
        var warnings = new StartupWarnings();
        warnings.NotActedOn("fields of f.yaml", document.NotActedOn);
        Assert.Equal(["These fields of f.yaml are accepted and not acted on: oldField, profiles[0].legacy"], warnings.Lines);
    }

    [Fact]
    public void ReadWithDropIns_ConfFiles_AreLaidOverInOrder()
    {
        var main = Path.Combine(_directory, "config.yaml");
        var drops = Directory.CreateDirectory(Path.Combine(_directory, "d")).FullName;
        File.WriteAllText(main, Head + "clusterDNS: [a, b]\nevictionHard: {x: '1', z: '1'}\nauthentication: {name: me}\n");
        File.WriteAllText(Path.Combine(drops, "20.conf"), Head + "kubeAPIQPS: 20\nclusterDNS: [c]\n");
        File.WriteAllText(Path.Combine(drops, "10.conf"), Head + "kubeAPIQPS: 10\nevictionHard: {z: '2'}\nauthentication: {enabled: false}\n");
        File.WriteAllText(Path.Combine(drops, "ignored.yaml"), "rubbish: [");
        var config = ConfigReader.ReadWithDropIns<TestConfig>(main, drops, Kind).Value;
        Assert.Equal(20, config.KubeAPIQPS);
        Assert.Equal(["c"], config.ClusterDNS);
        Assert.Equal("1", config.EvictionHard["x"]);
        Assert.Equal("2", config.EvictionHard["z"]);
        Assert.Equal(new Nested { Name = "me", Enabled = false }, config.Authentication);
    }

    [Fact]
    public void ReadWithDropIns_BadFiles_AreAllNamed()
    {
        File.WriteAllText(Path.Combine(_directory, "1.conf"), Head + "nope: 1\n");
        File.WriteAllText(Path.Combine(_directory, "2.conf"), Head + "kubeAPIQPS: x\n");
        var errors = Assert.Throws<ConfigException>(() => ConfigReader.ReadWithDropIns<TestConfig>(null, _directory, Kind)).Errors;
        Assert.Equal(2, errors.Count);
        Assert.StartsWith(Path.Combine(_directory, "1.conf") + ":3:1", errors[0], StringComparison.Ordinal);
        Assert.StartsWith(Path.Combine(_directory, "2.conf") + ":3:13", errors[1], StringComparison.Ordinal);
    }

    [Fact]
    public void ReadFile_Missing_SaysWhichFile() =>
        Assert.Contains("/no/such/file", Assert.Throws<ConfigException>(() => ConfigReader.ReadFile<TestConfig>("/no/such/file", Kind)).Message);

    [Fact]
    public void Bind_RawPart_NamesThePathFromTheRoot()
    {
        var config = Read("args:\n  enabld: true\n");
        Assert.Equal(["f.yaml:4:3: args.enabld: unknown field \"enabld\"; did you mean \"enabled\"?"], Assert.Throws<ConfigException>(() => config.Args!.Bind<Nested>()).Errors);
    }

    [Fact]
    public void Write_Config_ReadsBackTheSame()
    {
        var json = ConfigObjectJson.Write(Read("syncFrequency: 1m30s\nmode: Webhook\nsurge: 3\nclusterDNS: [a]\n"));
        Assert.Contains("\"syncFrequency\":\"1m30s\"", json);
        Assert.Contains("\"clusterDNS\":[\"a\"]", json);
        Assert.Contains("\"tlsCertFile\":\"\"", json);
        var again = ConfigReader.Read<TestConfig>("{\"apiVersion\":\"test.k8s.io/v1\",\"kind\":\"TestConfiguration\"," + json[1..], "again", Kind).Value;
        Assert.Equal(Mode.Webhook, again.Mode);
        Assert.Equal(3, again.Surge?.Number);
    }
}
