using System.Globalization;
using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Flags;
using NodeAgent.Hosting.Logging;
using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Hosting.Server;

/// <summary>The endpoints that every component of Kubernetes has.</summary>
public static partial class StandardEndpoints
{
    private const string Text = "text/plain; charset=utf-8";
    private const int WorthCompressing = 4096;

    /// <summary>/healthz, /livez or /readyz, with <c>?verbose</c> and <c>?exclude=name</c>, and each check by its own path below.</summary>
    /// <param name="path">With its slash.</param>
    public static DaemonServer MapHealth(this DaemonServer server, string path, params IReadOnlyList<HealthCheck> checks)
    {
        var all = checks.Count > 0 ? checks : [HealthCheck.Ping];
        var name = path.TrimStart('/');
        server.MapGet(path, context =>
        {
            var report = HealthReport.Make(name, all, [.. context.Request.Query["exclude"].OfType<string>()], context.Request.Query.ContainsKey("verbose"));
            if (!report.Healthy)
            {
                HealthFailed(server.Logger, name, report.Details);
            }

            return WriteAsync(context, report.Healthy ? StatusCodes.Status200OK : StatusCodes.Status500InternalServerError, report.Body);
        });
        foreach (var check in all)
        {
            server.MapGet($"{path}/{check.Name}", context => check.Check() is { } problem
                ? WriteAsync(context, StatusCodes.Status500InternalServerError, $"internal server error: {problem}\n")
                : WriteAsync(context, StatusCodes.Status200OK, "ok"));
        }

        return server;
    }

    /// <summary>The metrics, in the format and encoding that the scraper asks for; with <c>?families</c> what the page may have at some time, as JSON.</summary>
    /// <param name="before">Awaited before each scrape, for metrics that are only measured then.</param>
    public static DaemonServer MapMetrics(this DaemonServer server, MetricsRegistry registry, string path = "/metrics", Func<CancellationToken, Task>? before = null) => server.MapGet(path, async context =>
    {
        if (before is not null)
        {
            await before(context.RequestAborted);
        }

        await WriteMetricsAsync(context, registry);
    });

    /// <summary>The results of health checks; DELETE forgets them.</summary>
    public static DaemonServer MapHealthMetrics(this DaemonServer server, HealthMetrics metrics) => server.Map("/metrics/slis", context =>
    {
        if (!HttpMethods.IsDelete(context.Request.Method))
        {
            return WriteMetricsAsync(context, metrics.Registry);
        }

        metrics.Reset();
        return WriteAsync(context, StatusCodes.Status200OK, "metrics reset\n");
    });

    /// <summary>Answers a scrape with what the registry has now.</summary>
    public static async Task WriteMetricsAsync(HttpContext context, MetricsRegistry registry)
    {
        var (format, contentType) = ExpositionNegotiation.Choose(context.Request.Headers.Accept);
        var list = context.Request.Query.ContainsKey("families");
        var body = list ? FamilyList.Write(registry.Families) : registry.Expose(format);
        context.Response.ContentType = list ? "application/json" : contentType;
        if (body.Length < WorthCompressing || !context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
            return;
        }

        context.Response.Headers.ContentEncoding = "gzip";
        await using var gzip = new GZipStream(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
        await gzip.WriteAsync(body, context.RequestAborted);
    }

    /// <param name="config">The config in force as a JSON object, under its name: <c>{"kubeletconfig": …}</c>.</param>
    public static DaemonServer MapConfigz(this DaemonServer server, string name, Func<string> config) => server.MapGet("/configz", context =>
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync($"{{\"{name}\":{config()}}}", context.RequestAborted);
    });

    public static DaemonServer MapFlagz(this DaemonServer server, FlagSet flags) => server.MapGet("/flagz", context =>
    {
        var text = new StringBuilder(Heading(flags.Program, "flags"));
        foreach (var flag in flags.All.Where(f => !f.IsIgnored).OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{flag.Name}={flag.ValueText}\n");
        }

        return WriteAsync(context, StatusCodes.Status200OK, text.ToString());
    });

    public static DaemonServer MapStatusz(this DaemonServer server, string component, TimeProvider time)
    {
        var started = time.GetUtcNow();
        return server.MapGet("/statusz", context =>
        {
            var up = time.GetUtcNow() - started;
            var text = new StringBuilder(Heading(component, "statusz"));
            text.Append(CultureInfo.InvariantCulture, $"Started: {started.UtcDateTime:ddd MMM dd HH:mm:ss} UTC {started.Year}\n");
            text.Append(CultureInfo.InvariantCulture, $"Up: {(int)up.TotalHours} hr {up.Minutes:D2} min {up.Seconds:D2} sec\n");
            text.Append(CultureInfo.InvariantCulture, $"Binary version: {BuildInfo.GitVersion[1..]}\nNodeAgent version: {BuildInfo.NodeAgentVersion}\n.NET version: {Environment.Version}\n");
            text.Append(CultureInfo.InvariantCulture, $"Paths: {string.Join(' ', server.Paths)}\n");
            return WriteAsync(context, StatusCodes.Status200OK, text.ToString());
        });
    }

    /// <summary>PUT changes the log's verbosity while the daemon runs.</summary>
    public static DaemonServer MapVerbosity(this DaemonServer server, LogVerbosity verbosity) => server.Map("/debug/flags/v", async context =>
    {
        if (!HttpMethods.IsPut(context.Request.Method))
        {
            await WriteAsync(context, StatusCodes.Status405MethodNotAllowed, $"unacceptable method {context.Request.Method}: PUT sets the verbosity\n");
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        var text = (await reader.ReadToEndAsync(context.RequestAborted)).Trim();
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            await WriteAsync(context, StatusCodes.Status400BadRequest, "the verbosity must be a whole number\n");
            return;
        }

        verbosity.Value = value;
        await WriteAsync(context, StatusCodes.Status200OK, string.Create(CultureInfo.InvariantCulture, $"successfully set klog.logging.verbosity to {value}"));
    });

    private static string Heading(string component, string page) =>
        $"{component} {page}\nWarning: This page is for people and debugging; its form may change at any time.\n\n";

    private static Task WriteAsync(HttpContext context, int code, string text)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = Text;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    [LoggerMessage(1070, LogLevel.Information, "Health check {Endpoint} failed: {Details}")]
    private static partial void HealthFailed(ILogger logger, string endpoint, string details);
}
