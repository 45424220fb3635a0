using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Objects;

namespace NodeAgent.KubeApi.Tests.Objects;

public class PodResourcesTests
{
    [Theory]
    [InlineData("main add up", "containers: [{name: a, resources: {requests: {cpu: 1}}}, {name: b, resources: {requests: {cpu: 2, memory: 1Gi}}}]", "cpu=3,memory=1Gi")]
    [InlineData("a larger init wins", "containers: [{name: a, resources: {requests: {cpu: 1}}}], initContainers: [{name: i, resources: {requests: {cpu: 5}}}]", "cpu=5")]
    [InlineData("sidecar before a larger init", "containers: [{name: a, resources: {requests: {cpu: 1}}}], initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 1}}}, {name: i, resources: {requests: {cpu: 5}}}]", "cpu=6")]
    [InlineData("sidecar after a larger init", "containers: [{name: a, resources: {requests: {cpu: 1}}}], initContainers: [{name: i, resources: {requests: {cpu: 5}}}, {name: s, restartPolicy: Always, resources: {requests: {cpu: 1}}}]", "cpu=5")]
    [InlineData("sidecars and main", "containers: [{name: a, resources: {requests: {cpu: 4}}}], initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 3}}}]", "cpu=7")]
    [InlineData("overhead", "overhead: {cpu: 250m}, containers: [{name: a, resources: {requests: {cpu: 1}}}]", "cpu=1250m")]
    [InlineData("pod level", "resources: {requests: {cpu: 9, example.com/x: 1}}, containers: [{name: a, resources: {requests: {cpu: 1, memory: 1Gi}}}]", "cpu=9,memory=1Gi")]
    public void Requests_BySpec(string name, string spec, string expected)
    {
        _ = name;
        Assert.Equal(expected, Text(Read(spec).Requests()));
    }

    [Theory]
    [InlineData("", "1", "2", "3", "cpu=3")]
    [InlineData("", "4", "2", "3", "cpu=4")]
    [InlineData("Infeasible", "4", "2", "3", "cpu=3")]
    [InlineData("Deferred", "4", "2", "3", "cpu=4")]
    public void Requests_DuringResize_TakeTheGreatest(string resize, string wanted, string applied, string allocated, string expected)
    {
        var pod = Read($"containers: [{{name: a, resources: {{requests: {{cpu: {wanted}}}}}}}]");
        pod.Status = new PodStatus
        {
            ContainerStatuses = { new ContainerStatus { Name = "a", Resources = new ResourceRequirements { Requests = { ["cpu"] = Quantity.Parse(applied) } }, AllocatedResources = { ["cpu"] = Quantity.Parse(allocated) } } },
        };
        if (resize.Length > 0)
        {
            pod.Status.Conditions.Add(new PodCondition { Type = "PodResizePending", Reason = resize });
        }

        Assert.Equal(expected, Text(pod.Requests(new PodResourceOptions(UseStatus: true))));
        Assert.Equal($"cpu={wanted}", Text(pod.Requests()));
    }

    [Fact]
    public void Requests_Defaults_StandInOnlyForWhatIsNotNamed()
    {
        var pod = Read("containers: [{name: a, resources: {requests: {cpu: 0}}}, {name: b}]");
        var defaults = new Dictionary<string, QuantityValue> { ["cpu"] = QuantityValue.FromMilli(100), ["memory"] = QuantityValue.FromBytes(200 << 20) };
        Assert.Equal("cpu=100m,memory=400Mi", Text(pod.Requests(new PodResourceOptions(DefaultRequests: defaults))));
    }

    [Fact]
    public void Limits_Overhead_OnlyWhereThereIsALimit() =>
        Assert.Equal("cpu=1250m", Text(Read("overhead: {cpu: 250m, memory: 1Mi}, containers: [{name: a, resources: {limits: {cpu: 1}}}]").Limits()));

    [Theory]
    [InlineData("containers: [{name: a}]", "BestEffort")]
    [InlineData("containers: [{name: a, resources: {requests: {example.com/x: 1}}}]", "BestEffort")]
    [InlineData("containers: [{name: a, resources: {requests: {cpu: 1}}}]", "Burstable")]
    [InlineData("containers: [{name: a, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1000m, memory: 1024Mi}}}]", "Guaranteed")]
    [InlineData("containers: [{name: a, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 2Gi}}}]", "Burstable")]
    [InlineData("containers: [{name: a, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}}, {name: b}]", "Burstable")]
    [InlineData("containers: [{name: a, resources: {requests: {cpu: 0}}}]", "BestEffort")]
    [InlineData("resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}, containers: [{name: a}]", "Guaranteed")]
    [InlineData("resources: {requests: {cpu: 1}}, containers: [{name: a}]", "Burstable")]
    public void Qos_Class(string spec, string expected) => Assert.Equal(expected, PodQos.Compute(Read(spec)));

    private static string Text(ResourceAmounts amounts) => string.Join(',', amounts.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}={a.Value}"));

    private static Pod Read(string spec) => (Pod)ManifestReader.Read($"apiVersion: v1\nkind: Pod\nspec: {{{spec}}}", "t").ObjectsOrThrow()[0].Object;
}
