using System.Collections.Concurrent;
using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>The fields of a message as they stand in JSON: under their JSON names, those of inlined messages among them.</summary>
internal sealed class MessageFields
{
    /// <summary>Message fields whose own fields stand directly in the parent's JSON object.</summary>
    private static readonly FrozenSet<string> Inlined = FrozenSet.Create(
        StringComparer.Ordinal, "volumeSource", "persistentVolumeSource", "localObjectReference", "handler", "ephemeralContainerCommon", "deviceConfiguration");

    /// <summary>Fields that the API has, that manifests taken from a cluster carry, and that the daemons never look at.</summary>
    private static readonly FrozenSet<string> IgnoredOfObjectMeta = FrozenSet.Create(StringComparer.Ordinal, "managedFields", "selfLink", "clusterName");

    private static readonly ConcurrentDictionary<MessageDescriptor, MessageFields> Cache = new();

    private readonly FrozenDictionary<string, JsonField> _byName;

    private MessageFields(MessageDescriptor descriptor)
    {
        All = [.. Collect(descriptor, null)];
        _byName = All.ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);
        Ignored = descriptor == ObjectMeta.Descriptor ? IgnoredOfObjectMeta : FrozenSet<string>.Empty;
    }

    public IReadOnlyList<JsonField> All { get; }

    public FrozenSet<string> Ignored { get; }

    public static MessageFields Of(MessageDescriptor descriptor) => Cache.GetOrAdd(descriptor, d => new MessageFields(d));

    /// <summary>Messages that are a single value in JSON.</summary>
    public static bool IsValue(MessageDescriptor descriptor) =>
        descriptor == Quantity.Descriptor || descriptor == IntOrString.Descriptor || descriptor == Time.Descriptor || descriptor == MicroTime.Descriptor
            || descriptor == RawExtension.Descriptor;

    public JsonField? Find(string name) => _byName.GetValueOrDefault(name);

    private static IEnumerable<JsonField> Collect(MessageDescriptor descriptor, FieldDescriptor? via)
    {
        foreach (var field in descriptor.Fields.InDeclarationOrder())
        {
            if (via is null && field is { FieldType: FieldType.Message, IsRepeated: false } && Inlined.Contains(field.Name))
            {
                foreach (var inner in Collect(field.MessageType, field))
                {
                    yield return inner;
                }
            }
            else
            {
                yield return new JsonField(field.Name == "uID" ? "uid" : field.Name, field, via);
            }
        }
    }
}
