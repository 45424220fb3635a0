using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.NumaMemory;

/// <summary>memory_manager_state in upstream's form and with its checksum.</summary>
internal static class MemoryCheckpoint
{
    public const string FileName = "memory_manager_state";

    private const string PolicyKey = "policyName";
    private const string MachineKey = "machineState";
    private const string EntriesKey = "entries";
    private const string ChecksumKey = "checksum";
    private static readonly string[] TableKeys = ["total", "systemReserved", "allocatable", "reserved", "free"];

    public static JsonObject ToJson(string policy, MemoryState state)
    {
        var file = new JsonObject
        {
            [PolicyKey] = policy,
            [MachineKey] = new JsonObject(state.Nodes.Select(n => KeyValuePair.Create<string, JsonNode?>(n.Key.ToString(CultureInfo.InvariantCulture), Node(n.Value)))),
        };
        if (!state.Blocks.IsEmpty)
        {
            file[EntriesKey] = new JsonObject(state.Blocks.Select(p => KeyValuePair.Create<string, JsonNode?>(
                p.Key, new JsonObject(p.Value.Select(c => KeyValuePair.Create<string, JsonNode?>(c.Key, new JsonArray([.. c.Value.Select(Block)])))))));
        }

        file[ChecksumKey] = GoChecksum.Of(Printed(file));
        return file;
    }

    /// <summary>The containers' blocks; what is taken of each node follows from them.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static (string Policy, ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, ImmutableArray<MemoryBlock>>> Blocks) Parse(JsonObject file)
    {
        try
        {
            if (file[ChecksumKey]!.GetValue<long>() != GoChecksum.Of(Printed(file)))
            {
                throw new InvalidDataException("its checksum is not that of its content");
            }

            var blocks = Entries(file).ToImmutableSortedDictionary(p => p.Key, p => p.Value!.AsObject().ToImmutableSortedDictionary(c => c.Key, c => c.Value!.AsArray().Select(b => Block(b!.AsObject())).ToImmutableArray(), StringComparer.Ordinal), StringComparer.Ordinal);
            return (file[PolicyKey]!.GetValue<string>(), blocks);
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or FormatException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException($"it is not in the form of a memory manager's checkpoint: {e.Message}", e);
        }
    }

    private static JsonNode Node(MemoryNode node) => new JsonObject
    {
        ["numberOfAssignments"] = (long)node.Assignments,
        ["memoryMap"] = new JsonObject(node.Tables.Select(t => KeyValuePair.Create<string, JsonNode?>(t.Key, new JsonObject
        {
            ["total"] = t.Value.Total,
            ["systemReserved"] = t.Value.SystemReserved,
            ["allocatable"] = t.Value.Allocatable,
            ["reserved"] = t.Value.Reserved,
            ["free"] = t.Value.Free,
        }))),
        ["cells"] = new JsonArray([.. node.Group.Nodes.Select(n => (JsonNode)(long)n)]),
    };

    private static JsonNode Block(MemoryBlock block) =>
        new JsonObject { ["numaAffinity"] = new JsonArray([.. block.Nodes.Nodes.Select(n => (JsonNode)(long)n)]), ["type"] = block.Type, ["size"] = block.Size };

    private static MemoryBlock Block(JsonObject block) =>
        new(NumaMask.Of(block["numaAffinity"]!.AsArray().Select(n => (int)n!.GetValue<long>())), block["type"]!.GetValue<string>(), block["size"]!.GetValue<long>());

    private static string Printed(JsonObject file)
    {
        var machine = GoChecksum.Map(file[MachineKey]?.AsObject().Select(n => KeyValuePair.Create(long.Parse(n.Key, CultureInfo.InvariantCulture), n.Value)), n => PrintedNode(n!.AsObject()));
        var entries = GoChecksum.Map(Entries(file).Select(p => KeyValuePair.Create(p.Key, p.Value)), pod => GoChecksum.Map(pod?.AsObject().Select(c => KeyValuePair.Create(c.Key, c.Value)), c => GoChecksum.List(c?.AsArray().Select(b => PrintedBlock(b!.AsObject())))));
        return $"(*state.MemoryManagerCheckpoint){{PolicyName:(string){file[PolicyKey]?.GetValue<string>()} MachineState:(state.NUMANodeMap){machine} Entries:(state.ContainerMemoryAssignments){entries} Checksum:(checksum.Checksum)0}}";
    }

    private static string PrintedNode(JsonObject node)
    {
        var tables = GoChecksum.Map(node["memoryMap"]?.AsObject().Select(t => KeyValuePair.Create(t.Key, t.Value)), t =>
        {
            var values = TableKeys.Select(k => Number(t![k])).ToArray();
            return $"<*>{{TotalMemSize:(uint64){values[0]} SystemReserved:(uint64){values[1]} Allocatable:(uint64){values[2]} Reserved:(uint64){values[3]} Free:(uint64){values[4]}}}";
        });
        return $"<*>{{NumberOfAssignments:(int){Number(node["numberOfAssignments"])} MemoryMap:(map[v1.ResourceName]*state.MemoryTable){tables} Cells:([]int){GoChecksum.List(node["cells"]?.AsArray().Select(Number))}}}";
    }

    private static string PrintedBlock(JsonObject block) =>
        $"{{NUMAAffinity:([]int){GoChecksum.List(block["numaAffinity"]?.AsArray().Select(Number))} Type:(v1.ResourceName){block["type"]?.GetValue<string>()} Size:(uint64){Number(block["size"])}}}";

    private static string Number(JsonNode? node) => (node?.GetValue<long>() ?? 0).ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Entries(JsonObject file) => file[EntriesKey]?.AsObject() ?? [];
}
