using System.Globalization;

namespace NodeAgent.Hosting.Metrics;

/// <summary>The process_* family that every Prometheus client has, and what the .NET collector says of itself.</summary>
public static class ProcessMetrics
{
    // USER_HZ is 100 on every Linux architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    public static void Register(MetricsRegistry registry, string procSelf = "/proc/self")
    {
        var procRoot = Path.GetDirectoryName(procSelf) ?? "/proc";
        registry.CreateCounterCallback("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", () => Stat(procSelf, 13) / TicksPerSecond + Stat(procSelf, 14) / TicksPerSecond);
        registry.CreateGaugeCallback("process_resident_memory_bytes", "Resident memory size in bytes.", () => Stat(procSelf, 23) * Environment.SystemPageSize);
        registry.CreateGaugeCallback("process_virtual_memory_bytes", "Virtual memory size in bytes.", () => Stat(procSelf, 22));
        registry.CreateGaugeCallback("process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes.", () => Limit(procSelf, "Max address space"));
        registry.CreateGaugeCallback("process_open_fds", "Number of open file descriptors.", () => Directory.EnumerateFileSystemEntries(Path.Combine(procSelf, "fd")).Count());
        registry.CreateGaugeCallback("process_max_fds", "Maximum number of open file descriptors.", () => Limit(procSelf, "Max open files"));
        registry.CreateGaugeCallback("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", () => StartTime(procRoot, procSelf));

        registry.CreateCallback("dotnet_collection_count_total", "Garbage collections, by generation.", MetricType.Counter, ["generation"], static sink =>
        {
            sink.Add(GC.CollectionCount(0), "0");
            sink.Add(GC.CollectionCount(1), "1");
            sink.Add(GC.CollectionCount(2), "2");
        });
        registry.CreateGaugeCallback("dotnet_total_memory_bytes", "Bytes that the garbage-collected heap uses.", static () => GC.GetTotalMemory(false));
        registry.CreateGaugeCallback("dotnet_gc_committed_bytes", "Bytes that the garbage collector holds from the system.", static () => GC.GetGCMemoryInfo().TotalCommittedBytes);
        registry.CreateCounterCallback("dotnet_gc_pause_seconds_total", "Time for which garbage collections held the process.", static () => GC.GetTotalPauseDuration().TotalSeconds);
        registry.CreateCounterCallback("dotnet_allocated_bytes_total", "Bytes allocated since the start.", static () => GC.GetTotalAllocatedBytes());
        registry.CreateGaugeCallback("dotnet_threadpool_threads", "Threads of the thread pool.", static () => ThreadPool.ThreadCount);
        registry.CreateGaugeCallback("dotnet_threadpool_queue_length", "Work items that wait for a thread.", static () => ThreadPool.PendingWorkItemCount);
    }

    /// <summary>A field of /proc/self/stat, counted from 0; the command's name, which may hold blanks and brackets, is field 1.</summary>
    private static double Stat(string procSelf, int field)
    {
        var text = File.ReadAllText(Path.Combine(procSelf, "stat"));
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return double.Parse(fields[field - 2], CultureInfo.InvariantCulture);
    }

    private static double Limit(string procSelf, string name)
    {
        var line = File.ReadLines(Path.Combine(procSelf, "limits")).First(l => l.StartsWith(name, StringComparison.Ordinal));
        var soft = line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return soft == "unlimited" ? ulong.MaxValue : double.Parse(soft, CultureInfo.InvariantCulture);
    }

    private static double StartTime(string procRoot, string procSelf)
    {
        var boot = File.ReadLines(Path.Combine(procRoot, "stat")).First(static l => l.StartsWith("btime ", StringComparison.Ordinal));
        return double.Parse(boot.AsSpan("btime ".Length), CultureInfo.InvariantCulture) + Stat(procSelf, 21) / TicksPerSecond;
    }
}
