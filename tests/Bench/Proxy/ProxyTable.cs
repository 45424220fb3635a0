using System.Globalization;
using System.Text;

namespace NodeAgent.Bench.Proxy;

/// <summary>The figures of all scenarios, with the ratios to upstream's, in one table.</summary>
internal static class ProxyTable
{
    private const string NoUpstream = "-";

    private static readonly (string Name, string Unit, double Scale, Func<ProxyFigures, double> Value)[] Rows =
    [
        ("first full programming", "s", 1, f => f.FirstProgramming),
        ("one endpoint changed, p50", "ms", 1000, f => f.ChangeAt(0.5)),
        ("one endpoint changed, p90", "ms", 1000, f => f.ChangeAt(0.9)),
        ("one endpoint changed, p99", "ms", 1000, f => f.ChangeAt(0.99)),
        ("CPU of 30 s with 100 changes/s", "s", 1, f => f.ChurnCpu),
        ("of it, of programs that it ran", "s", 1, f => f.ChurnCpuOfPrograms),
        ("peak resident memory", "MB", 1, f => f.PeakMegabytes),
        ("PSS at the end", "MB", 1, f => f.Pss),
        ("new connection, first Service", "us", 1, f => f.ConnectFirst),
        ("new connection, middle Service", "us", 1, f => f.ConnectMiddle),
        ("new connection, last Service", "us", 1, f => f.ConnectLast),
    ];

    public static string Of(IReadOnlyList<(string Scenario, ProxyFigures Own, ProxyFigures? Upstream)> results)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{"scenario",-24} {"measured",-32} {"nodeagent",10} {"upstream",10} {"ratio",6}\n");
        foreach (var (scenario, own, upstream) in results)
        {
            foreach (var (name, unit, scale, value) in Rows.Where(r => !double.IsNaN(r.Value(own))))
            {
                var (mine, theirs) = (value(own) * scale, upstream is null ? double.NaN : value(upstream) * scale);
                text.Append(CultureInfo.InvariantCulture, $"{scenario,-24} {name,-32} {mine,7:F2} {unit,-2} {(double.IsNaN(theirs) ? NoUpstream : theirs.ToString("F2", CultureInfo.InvariantCulture)),7} {unit,-2} {(double.IsNaN(theirs) ? NoUpstream : (mine / theirs).ToString("F2", CultureInfo.InvariantCulture)),6}\n");
            }
        }

        if (results.Count > 1 && results[0].Own.ConnectLast is var few && !double.IsNaN(few) && results[^1].Own.ConnectLast is var many && !double.IsNaN(many))
        {
            text.Append(CultureInfo.InvariantCulture, $"new connection to the last Service, {results[^1].Scenario} / {results[0].Scenario}: {many / few:F2}{(results[0].Upstream is { } first && results[^1].Upstream is { } last ? string.Create(CultureInfo.InvariantCulture, $"; upstream {last.ConnectLast / first.ConnectLast:F2}") : "")}\n");
        }

        return text.ToString();
    }
}
