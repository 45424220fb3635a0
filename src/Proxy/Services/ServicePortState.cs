namespace NodeAgent.Proxy.Services;

/// <summary>A Service port with every endpoint that it has, in the order of their text, usable or not.</summary>
internal sealed record ServicePortState(ServicePort Port, ValueList<Endpoint> Endpoints);
