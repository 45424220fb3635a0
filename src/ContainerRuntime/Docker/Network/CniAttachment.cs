using System.Text.Json.Nodes;

namespace NodeAgent.ContainerRuntime.Docker.Network;

/// <summary>A sandbox on a CNI network, with all that is needed to take it off again when the sandbox and the config are gone.</summary>
/// <param name="ContainerId">The sandbox.</param>
/// <param name="Network">The network's name.</param>
/// <param name="Config">The config list that was used.</param>
/// <param name="Arguments">CNI_ARGS.</param>
/// <param name="CapabilityArguments">Arguments by capability.</param>
/// <param name="Result">Of the last plugin; null until all have finished.</param>
internal sealed record CniAttachment(
    string ContainerId, string Network, string InterfaceName, string Config, string Arguments, JsonObject CapabilityArguments, JsonNode? Result);
