namespace NodeAgent.Bench.Proxy;

/// <summary>What is there, and what is measured on it.</summary>
/// <param name="Services">With two endpoints each.</param>
/// <param name="Changes">How many times the probe's endpoint changes.</param>
/// <param name="ChurnSeconds">How long 100 other endpoints change each second; 0 for not at all.</param>
/// <param name="WideEndpoints">How many endpoints one more Service has.</param>
internal sealed record ProxyScenario(int Services, int Changes, int ChurnSeconds, int WideEndpoints = 0)
{
    public string Name => WideEndpoints > 0 ? $"1 x {WideEndpoints} endpoints" : $"{Services} Services";
}
