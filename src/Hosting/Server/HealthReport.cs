using System.Text;

namespace NodeAgent.Hosting.Server;

/// <summary>The answer of a health endpoint, in upstream's text form.</summary>
/// <param name="Details">What failed and why; for the log, not for the answer, which may be public.</param>
internal sealed record HealthReport(bool Healthy, string Body, string Details)
{
    /// <param name="endpoint">healthz, livez or readyz.</param>
    public static HealthReport Make(string endpoint, IReadOnlyList<HealthCheck> checks, IReadOnlyCollection<string> excluded, bool verbose)
    {
        var lines = new StringBuilder();
        var details = new StringBuilder();
        foreach (var check in checks)
        {
            if (excluded.Contains(check.Name))
            {
                lines.Append("[+]").Append(check.Name).Append(" excluded: ok\n");
                continue;
            }

            var problem = Run(check);
            if (problem is null)
            {
                lines.Append("[+]").Append(check.Name).Append(" ok\n");
                continue;
            }

            lines.Append("[-]").Append(check.Name).Append(" failed: reason withheld\n");
            details.Append(details.Length > 0 ? "; " : "").Append(check.Name).Append(": ").Append(problem);
        }

        var unknown = excluded.Where(e => checks.All(c => c.Name != e)).Select(e => $"\"{e}\"").ToArray();
        if (unknown.Length > 0)
        {
            lines.Append("warn: some health checks cannot be excluded: no matches for ").Append(string.Join(", ", unknown)).Append('\n');
        }

        return details.Length > 0 ? new HealthReport(false, $"{lines}{endpoint} check failed\n", details.ToString())
            : new HealthReport(true, verbose ? $"{lines}{endpoint} check passed\n" : "ok", "");
    }

    private static string? Run(HealthCheck check)
    {
        try
        {
            return check.Check();
        }
        catch (Exception e)
        {
            return Logging.ExceptionText.Summary(e);
        }
    }
}
