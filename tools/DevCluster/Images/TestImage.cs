namespace NodeAgent.DevCluster.Images;

/// <summary>An image of one layer.</summary>
/// <param name="Layer">The layer as an uncompressed tar.</param>
/// <param name="Config">The image's config as JSON, with the layer's digest in it.</param>
public sealed record TestImage(string Name, byte[] Layer, byte[] Config);
