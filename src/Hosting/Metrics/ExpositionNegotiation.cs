using System.Globalization;

namespace NodeAgent.Hosting.Metrics;

/// <summary>Chooses the format from a scraper's Accept header.</summary>
public static class ExpositionNegotiation
{
    public static (ExpositionFormat Format, string ContentType) Choose(string? accept)
    {
        var open = 0.0;
        var text = 0.0;
        foreach (var item in (accept ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = item.Split(';', StringSplitOptions.TrimEntries);
            var weight = Weight(parts);
            switch (parts[0].ToLowerInvariant())
            {
                case "application/openmetrics-text" when VersionIsOne(parts):
                    open = Math.Max(open, weight);
                    break;
                case "text/plain" or "text/*" or "*/*":
                    text = Math.Max(text, weight);
                    break;
            }
        }

        return open > 0 && open >= text
            ? (ExpositionFormat.OpenMetrics, "application/openmetrics-text; version=1.0.0; charset=utf-8")
            : (ExpositionFormat.PrometheusText, "text/plain; version=0.0.4; charset=utf-8");
    }

    private static bool VersionIsOne(string[] parts)
    {
        var version = Array.Find(parts, p => p.StartsWith("version=", StringComparison.OrdinalIgnoreCase));
        return version is null || version.AsSpan("version=".Length).Trim('"') is "1.0.0" or "1.0" or "0.0.1";
    }

    private static double Weight(string[] parts)
    {
        var q = Array.Find(parts, p => p.StartsWith("q=", StringComparison.OrdinalIgnoreCase));
        return q is null ? 1 : double.TryParse(q.AsSpan(2), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight) ? weight : 0;
    }
}
