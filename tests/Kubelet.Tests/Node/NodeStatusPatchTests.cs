using System.Text;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Node;

namespace NodeAgent.Kubelet.Tests.Node;

public sealed class NodeStatusPatchTests
{
    [Fact]
    public void Between_SetsWhatDiffers_AndTakesOutWhatIsEmptyNow()
    {
        var before = new NodeStatus { Phase = "Running", VolumesInUse = { "kubernetes.io/csi/a^1" } };
        var after = new NodeStatus { Phase = "Running", DeclaredFeatures = { "One" } };

        Assert.Equal("""{"status":{"declaredFeatures":["One"],"volumesInUse":null}}""", Text(before, after));
        Assert.Equal("""{"status":{"volumesInUse":["kubernetes.io/csi/a^1"],"declaredFeatures":null}}""", Text(after, before));
    }

    [Fact]
    public void Between_ReplacesAddresses_AndMergesTheConditionsThatDiffer()
    {
        var before = new NodeStatus { Addresses = { new NodeAddress { Type = "InternalIP", Address = "10.0.0.1" } }, Conditions = { new NodeCondition { Type = "Ready", Status = "True" }, new NodeCondition { Type = "DiskPressure", Status = "False" } } };
        var after = before.Clone();
        after.Addresses[0].Address = "10.0.0.2";
        after.Conditions[0].Status = "False";

        Assert.Equal("""{"status":{"addresses":[{"$patch":"replace"},{"type":"InternalIP","address":"10.0.0.2"}],"conditions":[{"type":"Ready","status":"False"}]}}""", Text(before, after));
    }

    private static string Text(NodeStatus before, NodeStatus after) => Encoding.UTF8.GetString(NodeStatusPatch.Between(before, after));
}
