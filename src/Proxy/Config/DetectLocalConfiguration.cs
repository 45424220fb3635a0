namespace NodeAgent.Proxy.Config;

internal sealed record DetectLocalConfiguration
{
    public string? BridgeInterface { get; set; }

    public string? InterfaceNamePrefix { get; set; }
}
