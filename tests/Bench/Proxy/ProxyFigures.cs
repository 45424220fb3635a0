using System.Globalization;

namespace NodeAgent.Bench.Proxy;

/// <param name="FirstSync">Seconds from the start of the process to the first connection.</param>
/// <param name="ChangeP50">Seconds from the API server's answer to the first connection that reaches the new endpoint.</param>
/// <param name="Cpu">CPU seconds per change, the programs that the proxy runs included.</param>
internal sealed record ProxyFigures(string Name, double FirstSync, double ChangeP50, double ChangeP90, double Cpu, double Pss)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"  {Name}: first full sync {FirstSync:F2} s; one endpoint changed p50 {ChangeP50 * 1000:F0} ms, p90 {ChangeP90 * 1000:F0} ms; CPU per change {Cpu * 1000:F0} ms; PSS {Pss:F0} MB");

    public string RatiosTo(ProxyFigures other) => string.Create(CultureInfo.InvariantCulture,
        $"  ratios {Name}/{other.Name}: first full sync {FirstSync / other.FirstSync:F2}; change p50 {ChangeP50 / other.ChangeP50:F2}, p90 {ChangeP90 / other.ChangeP90:F2}; CPU {Cpu / other.Cpu:F2}; PSS {Pss / other.Pss:F2}");
}
