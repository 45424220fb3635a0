using System.Text.Json;
using Microsoft.AspNetCore.Http;
using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Server;

/// <summary>/stats/summary. With <c>only_cpu_and_memory=true</c> nothing else is told, as older metrics-servers ask.</summary>
internal sealed class StatsEndpoint(string nodeName, IUsageSource usage)
{
    public async Task SummaryAsync(HttpContext context)
    {
        var onlyCpuAndMemory = context.Request.Query["only_cpu_and_memory"].ToString() is "true" or "1";
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        SummaryJson.Write(json, nodeName, usage.Collect(onlyCpuAndMemory ? UsageDetail.CpuAndMemory : UsageDetail.Summary), onlyCpuAndMemory);
        await json.FlushAsync(context.RequestAborted);
    }
}
