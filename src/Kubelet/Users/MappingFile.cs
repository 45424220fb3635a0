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

    /// <param name="path">For the message.</param>
    /// <exception cref="InvalidDataException">It is nothing that a kubelet has written.</exception>
    public static IdRange Parse(JsonObject content, string path)
    {
        var (users, groups) = (Single(content, Users, path), Single(content, Groups, path));
        return users == groups ? users : throw Damaged(path, $"{Users} and {Groups} differ");
    }

    private static IdRange Single(JsonObject content, string name, string path)
    {
        if (content[name] is not JsonArray { Count: 1 } mappings || mappings[0] is not JsonObject mapping)
        {
            throw Damaged(path, $"{name} does not have one mapping");
        }

        if (Number(mapping, "containerId", path) != 0)
        {
            throw Damaged(path, $"{name} does not begin with the container's root");
        }

        var range = new IdRange(Number(mapping, "hostId", path), Number(mapping, "length", path));
        return range is { First: >= PodIds.Unit, Length: > 0, End: <= uint.MaxValue }
            ? range
            : throw Damaged(path, $"{name} has {range.Length} users from {range.First} on, which pods do not get");
    }

    private static uint Number(JsonObject mapping, string name, string path) =>
        mapping[name] is JsonValue value && value.TryGetValue<uint>(out var number) ? number : throw Damaged(path, $"{name} is no number");

    private static InvalidDataException Damaged(string path, string why) => new($"checkpoint {path} is damaged: {why}");
}
