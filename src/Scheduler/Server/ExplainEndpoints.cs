using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Explain;

namespace NodeAgent.Scheduler.Server;

/// <summary>The pages that say why a pod is pending and where pods would go. They stand behind the same authentication as /metrics.</summary>
internal static class ExplainEndpoints
{
    private const string Prefix = "/explain/";
    private const int DefaultNodes = 20;
    private const int MaxListed = 1_000;

    /// <summary>
    /// GET /explain lists what waits, GET /explain/NAMESPACE/POD explains one pod (<c>?nodes=</c> for how many refused and best
    /// nodes), as a page for browsers and JSON for others; POST /simulate (<c>?count=</c>, <c>?nodes=</c>) takes a pod as YAML or JSON.
    /// </summary>
    public static DaemonServer MapExplain(this DaemonServer server, SchedulerLoop loop) => server
        .MapGet("/explain", context => ListAsync(context, loop))
        .MapGet(Prefix, context => ExplainAsync(context, loop))
        .Map("/simulate", context => SimulateAsync(context, loop));

    private static async Task ListAsync(HttpContext context, SchedulerLoop loop)
    {
        var pending = await loop.AskAsync<IReadOnlyList<PendingReport>>(
            () => [.. loop.Explainer.Pending.Take(MaxListed).Select(p => new PendingReport(p.Pod.Namespace, p.Pod.Name, p.Attempts, loop.Attempts.LastMessage(p.Pod.Uid)))], context.RequestAborted);
        await WriteAsync(context, pending, () => ExplanationPage.WriteList(pending));
    }

    private static async Task ExplainAsync(HttpContext context, SchedulerLoop loop)
    {
        var path = context.Request.Path.Value![Prefix.Length..].Split('/');
        if (path is not [{ Length: > 0 } namespaceName, { Length: > 0 } name])
        {
            await FailAsync(context, StatusCodes.Status404NotFound, "the path is /explain/NAMESPACE/POD");
            return;
        }

        if (!TryNumber(context, "nodes", DefaultNodes, int.MaxValue, out var nodes))
        {
            await FailAsync(context, StatusCodes.Status400BadRequest, "nodes= must be a number from 1 on");
            return;
        }

        var explanation = await loop.AskAsync(() => loop.Explainer.Explain(namespaceName, name, nodes), context.RequestAborted);
        if (explanation is null)
        {
            await FailAsync(context, StatusCodes.Status404NotFound, $"this scheduler knows no pod {namespaceName}/{name}: it does not exist, has ended, or belongs to another scheduler");
            return;
        }

        await WriteAsync(context, explanation, () => ExplanationPage.Write(explanation));
    }

    private static async Task SimulateAsync(HttpContext context, SchedulerLoop loop)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST";
            await FailAsync(context, StatusCodes.Status405MethodNotAllowed, "POST a pod, as YAML or JSON");
            return;
        }

        if (!TryNumber(context, "count", 1, Simulator.MaxCount, out var count))
        {
            await FailAsync(context, StatusCodes.Status400BadRequest, $"count= must be a number from 1 to {Simulator.MaxCount}");
            return;
        }

        if (!TryNumber(context, "nodes", DefaultNodes, int.MaxValue, out var nodes))
        {
            await FailAsync(context, StatusCodes.Status400BadRequest, "nodes= must be a number from 1 on");
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        var read = ManifestReader.Read(await reader.ReadToEndAsync(context.RequestAborted), "the request", Resources.Pods);
        if (!read.IsValid || read.Objects is not [{ Object: Pod pod }])
        {
            await FailAsync(context, StatusCodes.Status400BadRequest, read.IsValid ? "exactly one pod is wanted" : string.Join('\n', read.Errors));
            return;
        }

        Default(pod);
        var report = await loop.AskAsync(() => loop.Simulator.Run(pod, count, nodes), context.RequestAborted);
        await WriteAsync(context, report, null);
    }

    /// <summary>What the API server would fill in and scheduling looks at.</summary>
    private static void Default(Pod pod)
    {
        pod.Metadata ??= new ObjectMeta();
        pod.Spec ??= new PodSpec();
        if (pod.Metadata.Namespace.Length == 0)
        {
            pod.Metadata.Namespace = "default";
        }

        if (pod.Spec.SchedulerName.Length == 0)
        {
            pod.Spec.SchedulerName = "default-scheduler";
        }
    }

    private static bool TryNumber(HttpContext context, string name, int fallback, int max, out int number)
    {
        var text = context.Request.Query[name].ToString();
        number = fallback;
        return text.Length == 0 || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 && number <= max);
    }

    private static Task WriteAsync<T>(HttpContext context, T value, Func<string>? page)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-store";
        if (page is not null && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
            return context.Response.WriteAsync(page(), context.RequestAborted);
        }

        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(value, ExplainJson.Options) + "\n", context.RequestAborted);
    }

    private static Task FailAsync(HttpContext context, int code, string message)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(message + "\n", context.RequestAborted);
    }
}
