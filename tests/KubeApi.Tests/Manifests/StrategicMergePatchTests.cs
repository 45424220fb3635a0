using System.Text;
using Google.Protobuf.Reflection;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Objects;
using NodeAgent.Testing;

namespace NodeAgent.KubeApi.Tests.Manifests;

public class StrategicMergePatchTests
{
    public static TheoryData<string, Action<Pod>, string?> PodChanges => new()
    {
        { "nothing", _ => { }, null },
        { "phase", p => p.Status.Phase = "Failed", """{"status":{"phase":"Failed"},"metadata":{"uid":"u1"}}""" },
        { "phase removed", p => p.Status.ClearPhase(), """{"status":{"phase":null},"metadata":{"uid":"u1"}}""" },
        { "condition changed", p => p.Status.Conditions[1].Status = "False", """{"status":{"conditions":[{"status":"False","type":"Ready"}]},"metadata":{"uid":"u1"}}""" },
        { "condition added", p => p.Status.Conditions.Add(new PodCondition { Type = "X", Status = "True" }), """{"status":{"conditions":[{"type":"X","status":"True"}]},"metadata":{"uid":"u1"}}""" },
        { "condition removed", p => p.Status.Conditions.RemoveAt(0), """{"status":{"conditions":[{"$patch":"delete","type":"Initialized"}]},"metadata":{"uid":"u1"}}""" },
        { "condition first", p => p.Status.Conditions.Insert(0, new PodCondition { Type = "X", Status = "True" }), """{"status":{"conditions":[{"type":"X","status":"True"}],"$setElementOrder/conditions":[{"type":"X"},{"type":"Initialized"},{"type":"Ready"}]},"metadata":{"uid":"u1"}}""" },
        { "container status is atomic", p => p.Status.ContainerStatuses[0].Ready = false, """{"status":{"containerStatuses":[{"name":"c","ready":false,"restartCount":0}]},"metadata":{"uid":"u1"}}""" },
        { "annotation", p => p.Metadata.Annotations["a"] = "b", """{"metadata":{"annotations":{"a":"b"},"uid":"u1"}}""" },
        { "label removed", p => p.Metadata.Labels.Remove("app"), """{"metadata":{"labels":null,"uid":"u1"}}""" },
        { "finalizers", p => { p.Metadata.Finalizers.Remove("f1"); p.Metadata.Finalizers.Add("f3"); }, """{"metadata":{"finalizers":["f3"],"$deleteFromPrimitiveList/finalizers":["f1"],"uid":"u1"}}""" },
        { "claim status keeps its keys", p => p.Status.ResourceClaimStatuses[0].ResourceClaimName = "z", """{"status":{"resourceClaimStatuses":[{"resourceClaimName":"z","name":"r","$retainKeys":["name","resourceClaimName"]}]},"metadata":{"uid":"u1"}}""" },
    };

    [Theory]
    [MemberData(nameof(PodChanges))]
    public void Create_CarriesNoMoreThanTheChange(string name, Action<Pod> change, string? expected)
    {
        _ = name;
        var before = NewPod();
        var after = before.Clone();
        change(after);
        var patch = StrategicMergePatch.Create(before, after);
        Assert.Equal(expected, patch is null ? null : Encoding.UTF8.GetString(patch));
    }

    [Theory]
    [MemberData(nameof(PodChanges))]
    public async Task Create_AppliedByTheServer_GivesTheWantedObject(string name, Action<Pod> change, string? expected)
    {
        _ = (name, expected);
        var client = new InMemoryKubeClient();
        var before = client.Seed(Resources.Pods, NewPod());
        var after = before.Clone();
        change(after);
        if (StrategicMergePatch.Create(before, after) is not { } patch)
        {
            return;
        }

        await client.PatchAsync(Resources.Pods, "ns", "p", PatchType.StrategicMerge, patch, default);
        var patched = await client.PatchAsync(Resources.Pods, "ns", "p", PatchType.StrategicMerge, patch, default, "status");
        Assert.Equal(after.Status, patched.Status);
        Assert.Equal(after.Metadata.Finalizers, patched.Metadata.Finalizers);
        Assert.Equal(after.Metadata.Labels, patched.Metadata.Labels);
    }

    [Fact]
    public void CreateForStatus_LeavesEverythingElseOut()
    {
        var after = NewPod();
        after.Metadata.Annotations["a"] = "b";
        Assert.Null(StrategicMergePatch.CreateForStatus(NewPod(), after));
        after.Status.HostIP = "10.0.0.1";
        Assert.Equal("""{"status":{"hostIP":"10.0.0.1"},"metadata":{"uid":"u1"}}""", Encoding.UTF8.GetString(StrategicMergePatch.CreateForStatus(NewPod(), after)!));
    }

    [Fact]
    public void Create_NodeWithTwoAddressesOfOneType_ReplacesTheList()
    {
        var before = new Core.V1.Node { Metadata = new ObjectMeta { Name = "n" }, Status = new NodeStatus { Addresses = { new NodeAddress { Type = "InternalIP", Address = "10.0.0.1" } }, Capacity = { ["cpu"] = Quantity.Parse("2"), ["memory"] = Quantity.Parse("1Gi") } } };
        var after = before.Clone();
        after.Status.Addresses.Add(new NodeAddress { Type = "InternalIP", Address = "fd00::1" });
        after.Status.Capacity["cpu"] = Quantity.Parse("4");
        Assert.Equal(
            """{"status":{"capacity":{"cpu":"4"},"addresses":[{"$patch":"replace"},{"type":"InternalIP","address":"10.0.0.1"},{"type":"InternalIP","address":"fd00::1"}]}}""",
            Encoding.UTF8.GetString(StrategicMergePatch.Create(before, after)!));
    }

    [Fact]
    public void ListMerge_EveryEntry_IsAListWithThatKey()
    {
        var messages = ResourceTypes.All.Select(r => r.NewObject().Descriptor.File).Append(ObjectMeta.Descriptor.File).Distinct().SelectMany(f => f.MessageTypes).ToArray();
        foreach (var (name, merge) in ListMerge.All)
        {
            var field = messages.SelectMany(m => m.Fields.InDeclarationOrder()).SingleOrDefault(f => f.FullName == name);
            Assert.True(field is { IsRepeated: true }, name);
            Assert.True(merge.Key is null ? field.FieldType == FieldType.String : MessageFields.Of(field.MessageType).Find(merge.Key) is not null, name);
        }
    }

    [Fact]
    public void MergePatch_ReplacesLists()
    {
        var after = NewPod();
        after.Status.Conditions.RemoveAt(1);
        Assert.Equal("""{"status":{"conditions":[{"type":"Initialized","status":"True"}]}}""", Encoding.UTF8.GetString(MergePatch.Create(NewPod(), after)!));
    }

    [Fact]
    public void JsonPatch_EscapesPaths() => Assert.Equal(
        """[{"op":"test","path":"/metadata/labels/a~1b~0c","value":"x"},{"op":"remove","path":"/spec/taints/0"}]""",
        Encoding.UTF8.GetString(new JsonPatch().Test("x", "metadata", "labels", "a/b~c").Remove("spec", "taints", "0").ToUtf8()));

    private static Pod NewPod() => new()
    {
        Metadata = new ObjectMeta { Name = "p", Namespace = "ns", Uid = "u1", Labels = { ["app"] = "web" }, Finalizers = { "f1", "f2" } },
        Status = new PodStatus
        {
            Phase = "Running",
            Conditions = { new PodCondition { Type = "Initialized", Status = "True" }, new PodCondition { Type = "Ready", Status = "True" } },
            ContainerStatuses = { new ContainerStatus { Name = "c", Ready = true, RestartCount = 0 } },
            ResourceClaimStatuses = { new PodResourceClaimStatus { Name = "r", ResourceClaimName = "y" } },
        },
    };
}
