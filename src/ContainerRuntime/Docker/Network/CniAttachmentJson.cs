using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Network;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CniAttachment))]
internal sealed partial class CniAttachmentJson : JsonSerializerContext;
