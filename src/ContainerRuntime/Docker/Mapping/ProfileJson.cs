using System.Text.Json;
using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ProfileJson : JsonSerializerContext;
