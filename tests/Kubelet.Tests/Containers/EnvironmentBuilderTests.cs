using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Containers;

public class EnvironmentBuilderTests
{
    private static readonly DownwardFields Fields = new("n1", ["192.0.2.1"], ["10.0.0.5"], new Dictionary<string, KubeApi.Meta.Quantity>());
    private readonly FakeObjects _objects = new()
    {
        ConfigMaps = { ["cm"] = new ConfigMap { Data = { ["k"] = "v", ["A"] = "from" } } },
        Services = { Service("default", "kubernetes", "10.96.0.1", 443), Service("default", "my-db", "10.96.0.9", 5432) },
    };

    [Fact]
    public async Task BuildAsync_EnvOverEnvFrom_AndExpansionInOrder()
    {
        var result = await BuildAsync(c =>
        {
            c.EnvFrom.Add(new EnvFromSource { Prefix = "P_", ConfigMapRef = new ConfigMapEnvSource { LocalObjectReference = new LocalObjectReference { Name = "cm" } } });
            c.Env.Add(new EnvVar { Name = "P_A", Value = "own" });
            c.Env.Add(new EnvVar { Name = "B", Value = "$(P_A)-$(LATER)-$(MY_DB_SERVICE_PORT)" });
            c.Env.Add(new EnvVar { Name = "LATER", Value = "x" });
        });

        Assert.Equal(("v", "own", "own-$(LATER)-5432"), (result["P_k"], result["P_A"], result["B"]));
    }

    [Fact]
    public async Task BuildAsync_FieldRef_KnowsThePodsAddress()
    {
        var result = await BuildAsync(c => c.Env.Add(new EnvVar { Name = "IP", ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = "status.podIP" } } }));

        Assert.Equal("10.0.0.5", result["IP"]);
    }

    [Theory]
    [InlineData("cm", "missing", "couldn't find key missing in ConfigMap default/cm")]
    [InlineData("none", "k", "configmap \"none\" not found")]
    public async Task BuildAsync_MissingKeyOrMap_IsNamedAsUpstreamNamesIt(string map, string key, string expected)
    {
        var error = await Assert.ThrowsAsync<ContainerConfigException>(() => BuildAsync(c => c.Env.Add(Ref(map, key, optional: false))));

        Assert.Equal(expected, error.Message);
    }

    [Fact]
    public async Task BuildAsync_MissingButOptional_IsLeftOut() => Assert.False((await BuildAsync(c => c.Env.Add(Ref("none", "k", optional: true)))).ContainsKey("X"));

    [Fact]
    public async Task BuildAsync_WithoutServiceLinks_KnowsTheApiServerOnly()
    {
        var result = await BuildAsync(_ => { }, p => p.Spec.EnableServiceLinks = false);

        Assert.Equal("10.96.0.1", result["KUBERNETES_SERVICE_HOST"]);
        Assert.False(result.ContainsKey("MY_DB_SERVICE_HOST"));
    }

    [Fact]
    public async Task BuildAsync_ServiceVariables_HaveUpstreamsNames()
    {
        var result = await BuildAsync(_ => { });

        Assert.Equal("tcp://10.96.0.9:5432", result["MY_DB_PORT_5432_TCP"]);
        Assert.Equal("10.96.0.9", result["MY_DB_PORT_5432_TCP_ADDR"]);
    }

    private async Task<Dictionary<string, string>> BuildAsync(Action<Container> change, Action<Pod>? changePod = null)
    {
        var pod = new PodBuilder().Container("a", change).With(changePod ?? (_ => { })).Build();
        var list = await new EnvironmentBuilder(_objects).BuildAsync(pod, pod.Spec.Containers[0], Fields, CancellationToken.None);
        return list.ToDictionary();
    }

    private static EnvVar Ref(string map, string key, bool optional) =>
        new() { Name = "X", ValueFrom = new EnvVarSource { ConfigMapKeyRef = new ConfigMapKeySelector { LocalObjectReference = new LocalObjectReference { Name = map }, Key = key, Optional = optional } } };

    private static Service Service(string ns, string name, string ip, int port) =>
        new() { Metadata = new ObjectMeta { Namespace = ns, Name = name }, Spec = new ServiceSpec { ClusterIP = ip, Ports = { new ServicePort { Port = port, Protocol = "TCP" } } } };
}
