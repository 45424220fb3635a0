namespace NodeAgent.Cluster.Tests.Proxy;

/// <param name="ClusterIP6">Empty where the API server has one family only.</param>
/// <param name="NodePort">0 when the Service has none.</param>
internal sealed record ShapeAddress(string ClusterIP, string ClusterIP6, int NodePort);
