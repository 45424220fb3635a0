using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Google.Protobuf;
using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Schemas.Devices;

namespace NodeAgent.Kubelet.Devices;

/// <summary>kubelet_internal_checkpoint in upstream's form and with its checksum: either kubelet goes on where the other stopped.</summary>
/// <param name="Registered">The healthy devices by resource. Only the names of the resources count when it is read.</param>
internal sealed record DeviceCheckpoint(ImmutableArray<DeviceAssignment> Assignments, ImmutableSortedDictionary<string, ImmutableArray<string>> Registered)
{
    public const string FileName = "kubelet_internal_checkpoint";

    private const string DataKey = "Data";
    private const string ChecksumKey = "Checksum";
    private const string EntriesKey = "PodDeviceEntries";
    private const string RegisteredKey = "RegisteredDevices";

    public JsonObject ToJson()
    {
        // Without entries upstream has null there, and counts it so in the checksum.
        JsonArray? entries = Assignments.IsEmpty ? null : [.. Assignments.Select(Entry)];
        var registered = new JsonObject(Registered.Select(r => KeyValuePair.Create<string, JsonNode?>(r.Key, Strings(r.Value))));
        var data = new JsonObject { [EntriesKey] = entries, [RegisteredKey] = registered };
        return new JsonObject { [DataKey] = data, [ChecksumKey] = GoChecksum.Of(Printed(data)) };
    }

    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static DeviceCheckpoint Parse(JsonObject file)
    {
        try
        {
            var data = file[DataKey]!.AsObject();
            var checksum = file[ChecksumKey]!.GetValue<long>();
            if (GoChecksum.Of(Printed(data)) != checksum)
            {
                throw new InvalidDataException("its checksum is not that of its content");
            }

            var assignments = data[EntriesKey]?.AsArray().Select(e => Assignment(e!.AsObject())).ToImmutableArray() ?? [];
            var registered = data[RegisteredKey]?.AsObject().ToImmutableSortedDictionary(r => r.Key, r => r.Value?.AsArray().Select(Text).ToImmutableArray() ?? []);
            return new DeviceCheckpoint(assignments, registered ?? ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty);
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or FormatException or InvalidProtocolBufferException)
        {
            throw new InvalidDataException($"it is not in the form of a device checkpoint: {e.Message}", e);
        }
    }

    private static JsonObject Entry(DeviceAssignment assignment) => new()
    {
        ["PodUID"] = assignment.Pod.Value,
        ["ContainerName"] = assignment.Container,
        ["ResourceName"] = assignment.Resource,
        ["DeviceIDs"] = new JsonObject(assignment.ByNode.Select(n => KeyValuePair.Create<string, JsonNode?>(n.Key.ToString(System.Globalization.CultureInfo.InvariantCulture), Strings(n.Value)))),
        ["AllocResp"] = Convert.ToBase64String(assignment.Response.ToByteArray()),
    };

    private static DeviceAssignment Assignment(JsonObject entry) => new(
        new PodUid(Text(entry["PodUID"])),
        Text(entry["ContainerName"]),
        Text(entry["ResourceName"]),
        entry["DeviceIDs"]!.AsObject().ToImmutableSortedDictionary(n => Node(n.Key), n => n.Value!.AsArray().Select(Text).ToImmutableArray()),
        ContainerAllocateResponse.Parser.ParseFrom(Response(entry)));

    private static string Printed(JsonObject data)
    {
        var entries = GoChecksum.List(data[EntriesKey]?.AsArray().Select(e => PrintedEntry(e!.AsObject())));
        var registered = GoChecksum.Map(data[RegisteredKey]?.AsObject().Select(r => KeyValuePair.Create(r.Key, r.Value)), ids => GoChecksum.List(ids?.AsArray().Select(Text)));
        return $"(checkpoint.checkpointData){{PodDeviceEntries:([]checkpoint.PodDevicesEntry){entries} RegisteredDevices:(map[string][]string){registered}}}";
    }

    private static string PrintedEntry(JsonObject entry)
    {
        var ids = GoChecksum.Map(entry["DeviceIDs"]?.AsObject().Select(n => KeyValuePair.Create(Node(n.Key), n.Value)), list => GoChecksum.List(list?.AsArray().Select(Text)));
        return $"{{PodUID:(string){Text(entry["PodUID"])} ContainerName:(string){Text(entry["ContainerName"])} ResourceName:(string){Text(entry["ResourceName"])} "
            + $"DeviceIDs:(checkpoint.DevicesPerNUMA){ids} AllocResp:([]uint8){GoChecksum.Bytes(entry["AllocResp"] is null ? null : Response(entry))}}}";
    }

    private static byte[] Response(JsonObject entry) => Convert.FromBase64String(Text(entry["AllocResp"]));

    private static long Node(string text) => long.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static string Text(JsonNode? node) => node!.GetValue<string>();

    private static JsonArray Strings(IEnumerable<string> items) => [.. items.Select(i => (JsonNode)i)];
}
