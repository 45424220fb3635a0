namespace NodeAgent.Bench.Proxy;

/// <summary>What one contender did in one scenario; NaN for what the scenario does not measure.</summary>
/// <param name="FirstProgramming">Seconds from the start of the process until every Service is there.</param>
/// <param name="Changes">Seconds from the API server's answer to the first connection that reaches the new endpoint, sorted.</param>
/// <param name="ChurnCpu">CPU seconds while 100 endpoints a second changed, the programs that the proxy runs included.</param>
/// <param name="ChurnCpuOfPrograms">The part of it that the programs took.</param>
/// <param name="PeakMegabytes">The most resident memory that the proxy itself ever had.</param>
/// <param name="Pss">Its memory at the end, what it shares with others divided.</param>
/// <param name="ConnectFirst">Microseconds of a new connection to the first Service in the rules.</param>
internal sealed record ProxyFigures(double FirstProgramming, IReadOnlyList<double> Changes, double ChurnCpu, double ChurnCpuOfPrograms, double PeakMegabytes, double Pss, double ConnectFirst, double ConnectMiddle, double ConnectLast)
{
    public double ChangeAt(double quantile) => Changes.Count == 0 ? double.NaN : Changes[Math.Min(Changes.Count - 1, (int)(Changes.Count * quantile))];
}
