using System.Text.Json.Nodes;

namespace NodeAgent.Kubelet.Users;

/// <summary>How a pod's folder keeps which users of the host are the pod's; the format is upstream's.</summary>
internal static class MappingFile
{
    public const string Name = "userns";

    private const string Users = "uidMappings";
    private const string Groups = "gidMappings";

    public static JsonObject Content(IdRange range)
    {
        return new JsonObject { [Users] = Mapping(), [Groups] = Mapping() };

        JsonArray Mapping() => [new JsonObject { ["hostId"] = range.First, ["containerId"] = 0, ["length"] = range.Length }];
    }

    /// <exception cref="InvalidDataException">It is nothing that a kubelet has written.</exception>
    public static IdRange Parse(JsonObject content)
    {
        var (users, groups) = (Single(content, Users), Single(content, Groups));
        return users == groups ? users : throw new InvalidDataException($"{Users} and {Groups} differ");
    }

    private static IdRange Single(JsonObject content, string name)
    {
        if (content[name] is not JsonArray { Count: 1 } mappings || mappings[0] is not JsonObject mapping)
        {
            throw new InvalidDataException($"{name} does not have one mapping");
        }

        if (Number(mapping, "containerId") != 0)
        {
            throw new InvalidDataException($"{name} does not begin with the container's root");
        }

        var range = new IdRange(Number(mapping, "hostId"), Number(mapping, "length"));
        return range is { First: >= PodIds.Unit, Length: > 0, End: <= uint.MaxValue }
            ? range
            : throw new InvalidDataException($"{name} has {range.Length} users from {range.First} on, which pods do not get");
    }

    private static uint Number(JsonObject mapping, string name) =>
        mapping[name] is JsonValue value && value.TryGetValue<uint>(out var number) ? number : throw new InvalidDataException($"{name} is no number");
}
