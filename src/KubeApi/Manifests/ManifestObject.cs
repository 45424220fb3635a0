namespace NodeAgent.KubeApi.Manifests;

/// <param name="Line">Where the object begins in its source.</param>
public sealed record ManifestObject(ResourceType Type, IKubeObject Object, int Line);
