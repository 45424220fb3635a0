namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>What came back when a Service was asked.</summary>
/// <param name="Endpoint">Which pod answered; empty when none did.</param>
/// <param name="Source">The address that the pod saw.</param>
/// <param name="Refused">Whether the connection was refused at once, rather than nothing coming back.</param>
internal sealed record Answer(string Endpoint, string Source, bool Refused);
