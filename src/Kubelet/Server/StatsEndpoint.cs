using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using NodeAgent.ContainerRuntime;

namespace NodeAgent.Kubelet.Server;

/// <summary>/stats/summary: CPU and memory of the node and of each pod, as the engine measures the containers.</summary>
internal sealed class StatsEndpoint(string nodeName, IPodDirectory pods, IRuntimeService runtime, TimeProvider time)
{
    public async Task SummaryAsync(HttpContext context)
    {
        var stats = (await runtime.ListContainerStatsAsync(null, context.RequestAborted)).ToLookup(s => Label(s, "io.kubernetes.pod.uid"));
        var now = Time(time.GetUtcNow());
        var list = new JsonArray();
        foreach (var pod in pods.List())
        {
            list.Add(Pod(pod, [.. stats[pod.Metadata.Uid]], now));
        }

        var summary = new JsonObject
        {
            ["node"] = await NodeAsync(now, context.RequestAborted),
            ["pods"] = list,
        };
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(summary.ToJsonString(), context.RequestAborted);
    }

    private static JsonObject Pod(Pod pod, Cri.ContainerStats[] containers, string now) => new()
    {
        ["podRef"] = new JsonObject { ["name"] = pod.Metadata.Name, ["namespace"] = pod.Metadata.Namespace, ["uid"] = pod.Metadata.Uid },
        ["startTime"] = pod.Status?.StartTime is { } start ? Time(DateTimeOffset.FromUnixTimeSeconds(start.Seconds)) : null,
        ["containers"] = new JsonArray([.. containers.Select(Container)]),
        ["cpu"] = Cpu(now, Sum(containers, c => c.Cpu?.UsageNanoCores?.Value), Sum(containers, c => c.Cpu?.UsageCoreNanoSeconds?.Value)),
        ["memory"] = Memory(now, Sum(containers, c => c.Memory?.WorkingSetBytes?.Value), Sum(containers, c => c.Memory?.UsageBytes?.Value), Sum(containers, c => c.Memory?.RssBytes?.Value)),
    };

    private static JsonObject Container(Cri.ContainerStats stats) => new()
    {
        ["name"] = Label(stats, "io.kubernetes.container.name"),
        ["cpu"] = Cpu(Time(stats.Cpu?.Timestamp ?? 0), stats.Cpu?.UsageNanoCores?.Value, stats.Cpu?.UsageCoreNanoSeconds?.Value),
        ["memory"] = Memory(Time(stats.Memory?.Timestamp ?? 0), stats.Memory?.WorkingSetBytes?.Value, stats.Memory?.UsageBytes?.Value, stats.Memory?.RssBytes?.Value),
    };

    private static JsonObject Cpu(string at, ulong? nanoCores, ulong? coreNanoSeconds) =>
        new() { ["time"] = at, ["usageNanoCores"] = nanoCores, ["usageCoreNanoSeconds"] = coreNanoSeconds };

    private static JsonObject Memory(string at, ulong? workingSet, ulong? usage, ulong? rss) =>
        new() { ["time"] = at, ["workingSetBytes"] = workingSet, ["usageBytes"] = usage, ["rssBytes"] = rss };

    private async Task<JsonObject> NodeAsync(string now, CancellationToken cancellationToken)
    {
        var host = HostUsage.Parse(
            await File.ReadAllTextAsync("/proc/stat", cancellationToken), await File.ReadAllTextAsync("/proc/meminfo", cancellationToken));
        var memory = Memory(now, host.TotalBytes - host.AvailableBytes, host.TotalBytes - host.FreeBytes, null);
        memory["availableBytes"] = host.AvailableBytes;
        return new JsonObject
        {
            ["nodeName"] = nodeName,
            ["cpu"] = new JsonObject { ["time"] = now, ["usageCoreNanoSeconds"] = host.CpuNanoseconds },
            ["memory"] = memory,
        };
    }

    private static ulong Sum(Cri.ContainerStats[] containers, Func<Cri.ContainerStats, ulong?> value) =>
        containers.Aggregate(0UL, (sum, container) => sum + (value(container) ?? 0));

    private static string Label(Cri.ContainerStats stats, string name) =>
        stats.Attributes is { } attributes && attributes.Labels.TryGetValue(name, out var value) ? value : "";

    private static string Time(long unixNanoseconds) => Time(DateTimeOffset.FromUnixTimeMilliseconds(unixNanoseconds / 1_000_000));

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
