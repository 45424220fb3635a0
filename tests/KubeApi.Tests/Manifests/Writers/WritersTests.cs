using System.Collections;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Manifests.Writers;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi.Tests.Manifests.Writers;

/// <summary>The writers that are written out say what the one that reads descriptors says, whatever is set.</summary>
public sealed class WritersTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ToNode_AnyPodStatus_EqualsKubeJson(int seed) => AssertSame(new PodStatus(), seed, PodStatusJson.ToNode);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ToNode_AnyNodeStatus_EqualsKubeJson(int seed) => AssertSame(new NodeStatus(), seed, NodeStatusJson.ToNode);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ToNode_AnyHook_EqualsKubeJson(int seed) => AssertSame(new LifecycleHandler(), seed, ContainerJson.ToNode);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ToNode_AnyPort_EqualsKubeJson(int seed) => AssertSame(new ContainerPort(), seed, ContainerJson.ToNode);

    private static void AssertSame<T>(T message, int seed, Func<T, JsonObject> write)
        where T : IMessage
    {
        // Seed 0 sets every field; the others leave some unset and some zero.
        Fill(message, new Random(seed), all: seed == 0);

        Assert.Equal(KubeJson.ToText(KubeJson.ToNode(message)), KubeJson.ToText(write(message)));
    }

    private static void Fill(IMessage message, Random random, bool all)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(f => !IsLeftOut(f)))
        {
            if (!all && random.Next(3) == 0)
            {
                continue;
            }

            if (field.IsMap)
            {
                var map = (IDictionary)field.Accessor.GetValue(message);
                map["memory"] = new Quantity { String = "1Gi" };
                map["cpu"] = new Quantity { String = random.Next(2) == 0 ? "" : "250m" };
            }
            else if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                list.Add(Value(field, random, all));
                list.Add(Value(field, random, all));
            }
            else
            {
                field.Accessor.SetValue(message, Value(field, random, all));
            }
        }
    }

    private static bool IsLeftOut(FieldDescriptor field) => field.ContainingType == NodeStatus.Descriptor && field.Name == "config";

    private static object Value(FieldDescriptor field, Random random, bool all)
    {
        var zero = !all && random.Next(4) == 0;
        switch (field.FieldType)
        {
            case FieldType.String: return zero ? "" : $"{field.Name} \"{random.Next(100)}\" é";
            case FieldType.Bool: return !zero;
            case FieldType.Int32: return zero ? 0 : random.Next();
            case FieldType.Int64: return zero ? 0L : random.NextInt64();
        }

        if (field.MessageType == Time.Descriptor)
        {
            return zero ? new Time() : new Time { Seconds = 1_800_000_000 + random.Next(1000) };
        }

        if (field.MessageType == IntOrString.Descriptor)
        {
            return zero ? new IntOrString { Type = 1, StrVal = "http" } : new IntOrString { IntVal = random.Next(65536) };
        }

        var message = field.MessageType.Parser.ParseFrom(ByteString.Empty);
        Fill(message, random, all);
        return message;
    }
}
