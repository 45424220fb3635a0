using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Selectors;

namespace NodeAgent.KubeApi.Tests.Selectors;

public class NodeSelectionTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["zone"] = "a", ["cores"] = "8", ["arch"] = "amd64" };

    [Theory]
    [InlineData("", true)]
    [InlineData("nodeSelector: {zone: a, arch: amd64}", true)]
    [InlineData("nodeSelector: {zone: b}", false)]
    [InlineData("affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}", false)]
    [InlineData("affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{}]}}}", false)]
    [InlineData("affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: cores, operator: Gt, values: ['4']}]}]}}}", true)]
    [InlineData("affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: cores, operator: Lt, values: ['4']}]}, {matchExpressions: [{key: gpu, operator: DoesNotExist}]}]}}}", true)]
    [InlineData("affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [n1]}]}]}}}", true)]
    [InlineData("affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: NotIn, values: [n1]}]}]}}}", false)]
    [InlineData("nodeSelector: {zone: b}, affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [n1]}]}]}}}", false)]
    public void NodeAffinity_Matches(string spec, bool expected) => Assert.Equal(expected, NodeAffinityMatcher.Of(Read(spec)).Matches("n1", Labels));

    [Fact]
    public void NodeAffinity_MalformedTerm_DoesNotHideAGoodOne()
    {
        const string Bad = "{matchExpressions: [{key: cores, operator: Gt, values: [many]}]}";
        const string Good = "{matchExpressions: [{key: zone, operator: Exists}]}";
        Assert.True(NodeAffinityMatcher.Of(Read(Terms($"{Bad}, {Good}"))).Matches("n1", Labels));
        Assert.Throws<FormatException>(() => NodeAffinityMatcher.Of(Read(Terms(Bad))).Matches("n1", Labels));
    }

    [Theory]
    [InlineData("", "", "Exists", "", true)]
    [InlineData("k", "", "Exists", "NoSchedule", true)]
    [InlineData("k", "", "Exists", "NoExecute", false)]
    [InlineData("k", "v", "", "", true)]
    [InlineData("k", "w", "Equal", "", false)]
    [InlineData("other", "", "Exists", "", false)]
    public void Tolerates_Taint(string key, string value, string op, string effect, bool expected) =>
        Assert.Equal(expected, new Toleration { Key = key, Value = value, Operator = op, Effect = effect }.Tolerates(new Taint { Key = "k", Value = "v", Effect = "NoSchedule" }));

    [Theory]
    [InlineData("Lt", "10", "9", true, true)]
    [InlineData("Lt", "10", "10", true, false)]
    [InlineData("Gt", "10", "11", true, true)]
    [InlineData("Gt", "10", "11", false, false)]
    [InlineData("Gt", "010", "11", true, false)]
    [InlineData("Gt", "10", "x", true, false)]
    [InlineData("Gt", "-5", "-4", true, true)]
    public void Tolerates_Comparison(string op, string bound, string value, bool isOn, bool expected) =>
        Assert.Equal(expected, new Toleration { Key = "k", Value = bound, Operator = op }.Tolerates(new Taint { Key = "k", Value = value, Effect = "NoSchedule" }, isOn));

    private static string Terms(string terms) => $"affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{terms}]}}}}}}";

    private static Pod Read(string spec) => (Pod)ManifestReader.Read($"apiVersion: v1\nkind: Pod\nspec: {{{spec}}}", "t").ObjectsOrThrow()[0].Object;
}
