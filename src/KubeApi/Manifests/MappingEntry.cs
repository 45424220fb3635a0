namespace NodeAgent.KubeApi.Manifests;

internal sealed record MappingEntry(string Key, int Line, int Column, ManifestNode Value);
