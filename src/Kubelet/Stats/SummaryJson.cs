using System.Globalization;
using System.Text.Json;

namespace NodeAgent.Kubelet.Stats;

/// <summary>The measurements in the form of the Summary API (stats.k8s.io/v1alpha1).</summary>
internal static class SummaryJson
{
    public static void Write(Utf8JsonWriter json, string nodeName, UsageSnapshot usage, bool onlyCpuAndMemory)
    {
        json.WriteStartObject();
        WriteNode(json, nodeName, usage, onlyCpuAndMemory);
        json.WriteStartArray("pods");
        foreach (var pod in usage.Pods)
        {
            WritePod(json, pod, usage.At, onlyCpuAndMemory);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNode(Utf8JsonWriter json, string nodeName, UsageSnapshot usage, bool onlyCpuAndMemory)
    {
        var (node, at) = (usage.Node, Time(usage.At));
        json.WriteStartObject("node");
        json.WriteString("nodeName", nodeName);
        json.WriteStartArray("systemContainers");
        foreach (var group in usage.Groups.Where(g => g.Name.Length > 0))
        {
            json.WriteStartObject();
            json.WriteString("name", group.Name);
            json.WriteString("startTime", Time(group.Sample.CreatedAt));
            WriteCpuAndMemory(json, group.Sample, group.NanoCores);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("startTime", Time(node.BootedAt));
        json.WriteStartObject("cpu");
        json.WriteString("time", at);
        Number(json, "usageNanoCores", node.NanoCores);
        json.WriteNumber("usageCoreNanoSeconds", node.Host.CpuNanoseconds);
        WritePressure(json, node.CpuPressure);
        json.WriteEndObject();
        json.WriteStartObject("memory");
        json.WriteString("time", at);
        json.WriteNumber("availableBytes", node.Host.AvailableBytes);
        json.WriteNumber("usageBytes", node.Host.UsedBytes);
        json.WriteNumber("workingSetBytes", node.Host.WorkingSetBytes);
        json.WriteNumber("rssBytes", node.Host.AnonymousBytes);
        json.WriteNumber("pageFaults", node.Host.PageFaults);
        json.WriteNumber("majorPageFaults", node.Host.MajorPageFaults);
        WritePressure(json, node.MemoryPressure);
        json.WriteEndObject();
        if (!onlyCpuAndMemory)
        {
            WriteNodeRest(json, node, at);
        }

        json.WriteStartObject("swap");
        json.WriteString("time", at);
        json.WriteNumber("swapAvailableBytes", node.Host.SwapFreeBytes);
        json.WriteNumber("swapUsageBytes", node.Host.SwapTotalBytes - node.Host.SwapFreeBytes);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteNodeRest(Utf8JsonWriter json, NodeUsage node, string at)
    {
        WriteIo(json, at, node.IoPressure);
        WriteNetwork(json, at, node.Network, node.DefaultInterface);
        WriteFs(json, "fs", node.Fs);
        json.WriteStartObject("runtime");
        WriteFs(json, "imageFs", node.ImageFs);
        WriteFs(json, "containerFs", node.ImageFs);
        json.WriteEndObject();
        json.WriteStartObject("rlimit");
        json.WriteString("time", at);
        json.WriteNumber("maxpid", node.MaxProcesses);
        json.WriteNumber("curproc", node.Processes);
        json.WriteEndObject();
    }

    private static void WritePod(Utf8JsonWriter json, PodUsage pod, DateTimeOffset now, bool onlyCpuAndMemory)
    {
        json.WriteStartObject();
        json.WriteStartObject("podRef");
        json.WriteString("name", pod.Pod.Metadata.Name);
        json.WriteString("namespace", pod.Pod.Metadata.Namespace);
        json.WriteString("uid", pod.Pod.Metadata.Uid);
        json.WriteEndObject();
        json.WriteString("startTime", Time(pod.Sandbox?.StartedAt ?? pod.Sample?.CreatedAt ?? now));
        json.WriteStartArray("containers");
        foreach (var container in pod.Containers)
        {
            WriteContainer(json, pod, container, onlyCpuAndMemory);
        }

        json.WriteEndArray();
        if (pod.Sample is { } sample)
        {
            WriteCpuAndMemory(json, sample, pod.NanoCores);
            WriteSwap(json, sample);
        }

        if (!onlyCpuAndMemory)
        {
            if (pod.Sample is not null)
            {
                WriteIo(json, Time(pod.Sample.At), pod.Sample.IoPressure);
            }

            if (pod.Network.Count > 0)
            {
                WriteNetwork(json, Time(now), pod.Network, "eth0");
            }

            WriteVolumes(json, pod);
            if (pod.Sample?.Threads is not null)
            {
                json.WriteStartObject("process_stats");
                json.WriteNumber("process_count", pod.Containers.Sum(c => c.Processes.Count) + (pod.Sandbox?.Processes.Count ?? 0));
                json.WriteEndObject();
            }
        }

        json.WriteEndObject();
    }

    private static void WriteContainer(Utf8JsonWriter json, PodUsage pod, ContainerUsage container, bool onlyCpuAndMemory)
    {
        json.WriteStartObject();
        json.WriteString("name", container.Name);
        json.WriteString("startTime", Time(container.StartedAt));
        WriteCpuAndMemory(json, container.Sample, container.NanoCores);
        WriteSwap(json, container.Sample);
        if (!onlyCpuAndMemory)
        {
            WriteIo(json, Time(container.Sample.At), container.Sample.IoPressure);
            WriteFs(json, "rootfs", pod.Disk?.Rootfs.GetValueOrDefault(container.Name));
            WriteFs(json, "logs", pod.Disk?.Logs.GetValueOrDefault(container.Name));
        }

        json.WriteEndObject();
    }

    private static void WriteVolumes(Utf8JsonWriter json, PodUsage pod)
    {
        if (pod.Disk is not { } disk)
        {
            return;
        }

        json.WriteStartArray("volume");
        foreach (var volume in disk.Volumes)
        {
            json.WriteStartObject();
            WriteFsFields(json, volume.Usage);
            json.WriteString("name", volume.Name);
            if (volume.Claim.Length > 0)
            {
                json.WriteStartObject("pvcRef");
                json.WriteString("name", volume.Claim);
                json.WriteString("namespace", pod.Pod.Metadata.Namespace);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        var parts = disk.Ephemeral;
        if (parts.Count > 0)
        {
            WriteFs(json, "ephemeral-storage", parts[0].WithPart(parts.Min(p => p.At), Sum(parts, p => p.UsedBytes), Sum(parts, p => p.InodesUsed)));
        }
    }

    private static void WriteCpuAndMemory(Utf8JsonWriter json, CgroupSample sample, ulong? nanoCores)
    {
        json.WriteStartObject("cpu");
        json.WriteString("time", Time(sample.At));
        Number(json, "usageNanoCores", nanoCores);
        json.WriteNumber("usageCoreNanoSeconds", sample.CpuNanoseconds);
        WritePressure(json, sample.CpuPressure);
        json.WriteEndObject();
        json.WriteStartObject("memory");
        json.WriteString("time", Time(sample.At));
        Number(json, "availableBytes", sample.MemoryLimit is { } limit ? limit - Math.Min(limit, sample.WorkingSet) : null);
        json.WriteNumber("usageBytes", sample.MemoryUsage);
        json.WriteNumber("workingSetBytes", sample.WorkingSet);
        json.WriteNumber("rssBytes", sample.Rss);
        json.WriteNumber("pageFaults", sample.PageFaults);
        json.WriteNumber("majorPageFaults", sample.MajorPageFaults);
        WritePressure(json, sample.MemoryPressure);
        json.WriteEndObject();
    }

    private static void WriteSwap(Utf8JsonWriter json, CgroupSample sample)
    {
        if (sample.Swap is { } used)
        {
            json.WriteStartObject("swap");
            json.WriteString("time", Time(sample.At));
            Number(json, "swapAvailableBytes", sample.SwapLimit is { } limit ? limit - Math.Min(limit, used) : null);
            json.WriteNumber("swapUsageBytes", used);
            json.WriteEndObject();
        }
    }

    private static void WriteIo(Utf8JsonWriter json, string at, Pressure? pressure)
    {
        if (pressure is not null)
        {
            json.WriteStartObject("io");
            json.WriteString("time", at);
            WritePressure(json, pressure);
            json.WriteEndObject();
        }
    }

    private static void WritePressure(Utf8JsonWriter json, Pressure? pressure)
    {
        if (pressure is null)
        {
            return;
        }

        json.WriteStartObject("psi");
        Line("full", pressure.Full);
        Line("some", pressure.Some);
        json.WriteEndObject();

        void Line(string name, PressureLine line)
        {
            json.WriteStartObject(name);

            // The Summary API has nanoseconds.
            json.WriteNumber("total", line.TotalMicroseconds * 1000);
            json.WriteNumber("avg10", line.Avg10);
            json.WriteNumber("avg60", line.Avg60);
            json.WriteNumber("avg300", line.Avg300);
            json.WriteEndObject();
        }
    }

    private static void WriteNetwork(Utf8JsonWriter json, string at, IReadOnlyList<InterfaceCounters> interfaces, string defaultInterface)
    {
        json.WriteStartObject("network");
        json.WriteString("time", at);
        if (interfaces.Count > 0)
        {
            WriteInterface(json, interfaces.FirstOrDefault(i => i.Name == defaultInterface) is { Name: not null } known ? known : interfaces[0]);
        }

        json.WriteStartArray("interfaces");
        foreach (var one in interfaces)
        {
            json.WriteStartObject();
            WriteInterface(json, one);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteInterface(Utf8JsonWriter json, InterfaceCounters counters)
    {
        json.WriteString("name", counters.Name);
        json.WriteNumber("rxBytes", counters.RxBytes);
        json.WriteNumber("rxErrors", counters.RxErrors);
        json.WriteNumber("txBytes", counters.TxBytes);
        json.WriteNumber("txErrors", counters.TxErrors);
    }

    private static void WriteFs(Utf8JsonWriter json, string name, FsUsage? usage)
    {
        if (usage is not null)
        {
            json.WriteStartObject(name);
            WriteFsFields(json, usage);
            json.WriteEndObject();
        }
    }

    private static void WriteFsFields(Utf8JsonWriter json, FsUsage usage)
    {
        json.WriteString("time", Time(usage.At));
        json.WriteNumber("availableBytes", usage.AvailableBytes);
        json.WriteNumber("capacityBytes", usage.CapacityBytes);
        json.WriteNumber("usedBytes", usage.UsedBytes);
        json.WriteNumber("inodesFree", usage.InodesFree);
        json.WriteNumber("inodes", usage.Inodes);
        json.WriteNumber("inodesUsed", usage.InodesUsed);
    }

    private static ulong Sum(IReadOnlyList<FsUsage> parts, Func<FsUsage, ulong> value) => parts.Aggregate(0UL, (sum, part) => sum + value(part));

    private static void Number(Utf8JsonWriter json, string name, ulong? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
