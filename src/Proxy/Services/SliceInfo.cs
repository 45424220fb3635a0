namespace NodeAgent.Proxy.Services;

/// <summary>What one EndpointSlice says of its Service in one family, whatever API version it came in.</summary>
/// <param name="Name">The slice's own name, unique in the namespace.</param>
internal sealed record SliceInfo(ServiceKey Service, string Name, ValueList<SlicePort> Ports);

internal sealed record SlicePort(ServicePortName Name, ValueList<Endpoint> Endpoints);
