namespace NodeAgent.Cluster.Tests.Proxy;

/// <param name="NodePort">0 when the Service has none.</param>
internal sealed record ServiceAddress(string ClusterIP, int NodePort);
