using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;

namespace NodeAgent.Kubelet.DynamicResources;

/// <summary>dra_manager_state in upstream's form: the data as text, and its CRC-32.</summary>
internal static class ClaimCheckpoint
{
    public const string FileName = "dra_manager_state";

    public static JsonObject ToJson(IEnumerable<PreparedClaim> claims)
    {
        var data = new JsonObject
        {
            ["kind"] = "DRACheckpoint",
            ["apiVersion"] = "checkpoint.dra.kubelet.k8s.io/v1",
            ["ClaimInfoStateList"] = new JsonArray([.. claims.Select(Entry)]),
        }.ToJsonString();
        return new JsonObject { ["Data"] = data, ["Checksum"] = Checksum(data) };
    }

    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static IReadOnlyList<PreparedClaim> Parse(JsonObject file)
    {
        try
        {
            var data = file["Data"]!.GetValue<string>();
            if (Checksum(data) != file["Checksum"]!.GetValue<long>())
            {
                throw new InvalidDataException("its checksum is not that of its content");
            }

            return [.. JsonNode.Parse(data)!["ClaimInfoStateList"]?.AsArray().Select(c => Claim(c!.AsObject())) ?? []];
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or FormatException or System.Text.Json.JsonException)
        {
            throw new InvalidDataException($"it is not in the form of a checkpoint of claims: {e.Message}", e);
        }
    }

    private static JsonNode Entry(PreparedClaim claim) => new JsonObject
    {
        ["ClaimUID"] = claim.Uid,
        ["ClaimName"] = claim.Name,
        ["Namespace"] = claim.Namespace,
        ["PodUIDs"] = new JsonObject(claim.Pods.Select(p => KeyValuePair.Create<string, JsonNode?>(p, new JsonObject()))),
        ["DriverState"] = new JsonObject(claim.Drivers.Select(d => KeyValuePair.Create<string, JsonNode?>(d.Key, new JsonObject { ["Devices"] = new JsonArray([.. d.Value.Select(Device)]) }))),
    };

    private static JsonNode Device(PreparedDevice device) => new JsonObject
    {
        ["PoolName"] = device.Pool,
        ["DeviceName"] = device.Name,
        ["ShareID"] = device.ShareId,
        ["RequestNames"] = Strings(device.Requests),
        ["CDIDeviceIDs"] = Strings(device.CdiIds),
    };

    private static PreparedClaim Claim(JsonObject entry) => new(
        Text(entry["Namespace"]),
        Text(entry["ClaimName"]),
        Text(entry["ClaimUID"]),
        entry["PodUIDs"]?.AsObject().Select(p => p.Key).ToImmutableSortedSet(StringComparer.Ordinal) ?? [],
        entry["DriverState"]!.AsObject().ToImmutableSortedDictionary(d => d.Key, d => d.Value?["Devices"]?.AsArray().Select(v => Device(v!.AsObject())).ToImmutableArray() ?? [], StringComparer.Ordinal),
        IsPrepared: false);

    private static PreparedDevice Device(JsonObject device) =>
        new(Text(device["PoolName"]), Text(device["DeviceName"]), Strings(device["RequestNames"]), Strings(device["CDIDeviceIDs"]), device["ShareID"]?.GetValue<string>());

    private static ImmutableArray<string> Strings(JsonNode? list) => list?.AsArray().Select(Text).ToImmutableArray() ?? [];

    private static JsonArray Strings(IEnumerable<string> items) => [.. items.Select(i => (JsonNode)i)];

    private static string Text(JsonNode? node) => node!.GetValue<string>();

    private static uint Checksum(string data)
    {
        const uint Polynomial = 0xEDB88320;
        var crc = uint.MaxValue;
        foreach (var b in Encoding.UTF8.GetBytes(data))
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ Polynomial : crc >> 1;
            }
        }

        return ~crc;
    }
}
