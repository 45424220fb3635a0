using System.Collections.Immutable;
using System.Text.Json.Nodes;
using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Cpus;

/// <summary>cpu_manager_state in upstream's form (the second, which v1.36 writes) and with its checksum.</summary>
internal static class CpuCheckpoint
{
    public const string FileName = "cpu_manager_state";

    private const string PolicyKey = "policyName";
    private const string SharedKey = "defaultCpuSet";
    private const string EntriesKey = "entries";
    private const string ChecksumKey = "checksum";

    public static JsonObject ToJson(string policy, CpuState state)
    {
        var file = new JsonObject { [PolicyKey] = policy, [SharedKey] = state.Shared.ToString() };
        if (!state.Exclusive.IsEmpty)
        {
            file[EntriesKey] = new JsonObject(state.Exclusive.Select(p =>
                KeyValuePair.Create<string, JsonNode?>(p.Key, new JsonObject(p.Value.Select(c => KeyValuePair.Create<string, JsonNode?>(c.Key, c.Value.ToString()))))));
        }

        file[ChecksumKey] = GoChecksum.Of(Printed(file));
        return file;
    }

    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static (string Policy, CpuState State) Parse(JsonObject file)
    {
        try
        {
            if (file[ChecksumKey]?.GetValue<long>() is { } checksum && checksum != 0 && checksum != GoChecksum.Of(Printed(file)))
            {
                throw new InvalidDataException("its checksum is not that of its content");
            }

            var exclusive = Entries(file).ToImmutableSortedDictionary(p => p.Key, p => p.Value!.AsObject().ToImmutableSortedDictionary(c => c.Key, c => CpuSet.Parse(c.Value!.GetValue<string>()), StringComparer.Ordinal), StringComparer.Ordinal);
            return (Text(file, PolicyKey), new CpuState(CpuSet.Parse(Shared(file)), exclusive));
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"it is not in the form of a CPU manager's checkpoint: {e.Message}", e);
        }
    }

    /// <summary>An absent map is an empty one to upstream, which makes it before it reads.</summary>
    private static string Printed(JsonObject file)
    {
        var entries = GoChecksum.Map(Entries(file).Select(p => KeyValuePair.Create(p.Key, p.Value)), pod => GoChecksum.Map(pod?.AsObject().Select(c => KeyValuePair.Create(c.Key, c.Value)), c => c!.GetValue<string>()));
        return $"(*state.CPUManagerCheckpoint){{PolicyName:(string){Text(file, PolicyKey)} DefaultCPUSet:(string){Shared(file)} Entries:(map[string]map[string]string){entries} Checksum:(checksum.Checksum)0}}";
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Entries(JsonObject file) => file[EntriesKey]?.AsObject() ?? [];

    /// <summary>Go does not look at capital letters.</summary>
    private static string Shared(JsonObject file) => file.FirstOrDefault(f => string.Equals(f.Key, SharedKey, StringComparison.OrdinalIgnoreCase)).Value?.GetValue<string>() ?? "";

    private static string Text(JsonObject file, string key) => file[key]?.GetValue<string>() ?? "";
}
