using System.Globalization;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>/metrics/cadvisor: upstream's names and labels, from the kernel's own files and without cAdvisor.</summary>
internal sealed class CadvisorMetrics
{
    private const double Nanoseconds = 1e9;
    private const double Microseconds = 1e6;
    private static readonly string[] Labels = ["container", "id", "image", "name", "namespace", "pod"];

    private readonly ScrapedUsage _page;
    private readonly BlockDevices _devices = new();
    private UsageSnapshot? _usage;
    private IReadOnlyList<CadvisorRow> _rows = [];

    private CadvisorMetrics(ScrapedUsage page)
    {
        _page = page;
    }

    private MetricsRegistry Registry => _page.Registry;

    /// <summary>The rows of the scrape under way.</summary>
    private IReadOnlyList<CadvisorRow> Rows
    {
        get
        {
            if (_page.Failed)
            {
                return [];
            }

            if (!ReferenceEquals(_usage, _page.Current))
            {
                _usage = _page.Current;
                _rows = CadvisorRow.Of(_usage, ids => OpenFiles.Of(ids));
            }

            return _rows;
        }
    }

    public static ScrapedUsage Make(IUsageSource source, HostInfo host)
    {
        var metrics = new CadvisorMetrics(new ScrapedUsage(source, UsageDetail.All));
        metrics.AddCpu();
        metrics.AddMemory();
        metrics.AddDisk();
        metrics.AddNetwork();
        metrics.AddProcesses();
        metrics.AddPressure();
        metrics.AddSpec();
        metrics.AddMachine(host);
        return metrics._page;
    }

    private void AddCpu()
    {
        Counter("container_cpu_user_seconds_total", "Cumulative user cpu time consumed in seconds.", s => s.UserNanoseconds / Nanoseconds);
        Counter("container_cpu_system_seconds_total", "Cumulative system cpu time consumed in seconds.", s => s.SystemNanoseconds / Nanoseconds);
        Many("container_cpu_usage_seconds_total", "Cumulative cpu time consumed in seconds.", MetricType.Counter, ["cpu"], static (row, add) => add(row.Sample.CpuNanoseconds / Nanoseconds, ["total"]));
        Counter("container_cpu_cfs_periods_total", "Number of elapsed enforcement period intervals.", s => s.CpuQuota is null ? null : s.CfsPeriods);
        Counter("container_cpu_cfs_throttled_periods_total", "Number of throttled period intervals.", s => s.CpuQuota is null ? null : s.CfsThrottledPeriods);
        Counter("container_cpu_cfs_throttled_seconds_total", "Total time duration the container has been throttled.", s => s.CpuQuota is null ? null : s.CfsThrottledNanoseconds / Nanoseconds);
        Counter("container_cpu_cfs_burst_periods_total", "Number of periods when burst occurs.", s => s.CpuQuota is null ? null : s.CfsBurstPeriods);
        Counter("container_cpu_cfs_burst_seconds_total", "Total time duration the container has been bursted.", s => s.CpuQuota is null ? null : s.CfsBurstNanoseconds / Nanoseconds);
    }

    private void AddMemory()
    {
        Gauge("container_memory_cache", "Number of bytes of page cache memory.", s => s.Cache);
        Gauge("container_memory_rss", "Size of RSS in bytes.", s => s.Rss);
        Gauge("container_memory_kernel_usage", "Size of kernel memory allocated in bytes.", s => s.KernelMemory);
        Gauge("container_memory_mapped_file", "Size of memory mapped files in bytes.", s => s.MappedFile);
        Gauge("container_memory_swap", "Container swap usage in bytes.", s => s.Swap);
        Counter("container_memory_failcnt", "Number of memory usage hits limits", s => s.MemoryFailures);
        Gauge("container_memory_usage_bytes", "Current memory usage in bytes, including all memory regardless of when it was accessed", s => s.MemoryUsage);
        Gauge("container_memory_max_usage_bytes", "Maximum memory usage recorded in bytes", s => s.MemoryPeak);
        Gauge("container_memory_working_set_bytes", "Current working set in bytes.", s => s.WorkingSet);
        Gauge("container_memory_total_active_file_bytes", "Current total active file in bytes.", s => s.ActiveFile);
        Gauge("container_memory_total_inactive_file_bytes", "Current total inactive file in bytes.", s => s.InactiveFile);
        Many("container_memory_failures_total", "Cumulative count of memory allocation failures.", MetricType.Counter, ["failure_type", "scope"], static (row, add) =>
        {
            foreach (var scope in (string[])["container", "hierarchy"])
            {
                add(row.Sample.PageFaults, ["pgfault", scope]);
                add(row.Sample.MajorPageFaults, ["pgmajfault", scope]);
            }
        });
        Counter("container_oom_events_total", "Count of out of memory events observed for the container", s => s.OomKills);
    }

    private void AddDisk()
    {
        Io("container_fs_reads_bytes_total", "Cumulative count of bytes read", d => d.ReadBytes);
        Io("container_fs_reads_total", "Cumulative count of reads completed", d => d.Reads);
        Io("container_fs_writes_bytes_total", "Cumulative count of bytes written", d => d.WriteBytes);
        Io("container_fs_writes_total", "Cumulative count of writes completed", d => d.Writes);
        Many("container_blkio_device_usage_total", "Blkio Device bytes usage", MetricType.Counter, ["device", "major", "minor", "operation"], (row, add) =>
        {
            foreach (var device in row.Sample.Io)
            {
                var (name, major, minor) = (_devices.Name(device.Major, device.Minor), device.Major.ToString(CultureInfo.InvariantCulture), device.Minor.ToString(CultureInfo.InvariantCulture));
                add(device.ReadBytes, [name, major, minor, "Read"]);
                add(device.WriteBytes, [name, major, minor, "Write"]);
            }
        });
        Fs("container_fs_inodes_free", "Number of available Inodes", f => f.InodesFree);
        Fs("container_fs_inodes_total", "Number of Inodes", f => f.Inodes);
        Fs("container_fs_limit_bytes", "Number of bytes that can be consumed by the container on this filesystem.", f => f.CapacityBytes);
        Fs("container_fs_usage_bytes", "Number of bytes that are consumed by the container on this filesystem.", f => f.UsedBytes);

        void Io(string name, string help, Func<DeviceIo, ulong> value) => Many(name, help, MetricType.Counter, ["device"], (row, add) =>
        {
            foreach (var device in row.Sample.Io)
            {
                add(value(device), [_devices.Name(device.Major, device.Minor)]);
            }
        });

        void Fs(string name, string help, Func<FsUsage, ulong> value) => Many(name, help, MetricType.Gauge, ["device"], (row, add) =>
        {
            if (row.Fs is { } fs)
            {
                add(value(fs), [""]);
            }
        });
    }

    private void AddNetwork()
    {
        Interface("container_network_receive_bytes_total", "Cumulative count of bytes received", i => i.RxBytes);
        Interface("container_network_receive_packets_total", "Cumulative count of packets received", i => i.RxPackets);
        Interface("container_network_receive_packets_dropped_total", "Cumulative count of packets dropped while receiving", i => i.RxDropped);
        Interface("container_network_receive_errors_total", "Cumulative count of errors encountered while receiving", i => i.RxErrors);
        Interface("container_network_transmit_bytes_total", "Cumulative count of bytes transmitted", i => i.TxBytes);
        Interface("container_network_transmit_packets_total", "Cumulative count of packets transmitted", i => i.TxPackets);
        Interface("container_network_transmit_packets_dropped_total", "Cumulative count of packets dropped while transmitting", i => i.TxDropped);
        Interface("container_network_transmit_errors_total", "Cumulative count of errors encountered while transmitting", i => i.TxErrors);

        void Interface(string name, string help, Func<InterfaceCounters, ulong> value) => Many(name, help, MetricType.Counter, ["interface"], (row, add) =>
        {
            foreach (var one in row.Network)
            {
                add(value(one), [one.Name]);
            }
        });
    }

    private void AddProcesses()
    {
        OfProcesses("container_processes", "Number of processes running inside the container.", row => row.Processes?.Count);
        OfProcesses("container_file_descriptors", "Number of open file descriptors for the container.", row => row.Files?.Count);
        OfProcesses("container_sockets", "Number of open sockets for the container.", row => row.Files?.Sockets);
        Many("container_ulimits_soft", "Soft ulimit values for the container root process. Unlimited if -1, except priority and nice", MetricType.Gauge, ["ulimit"], static (row, add) =>
        {
            if (row.Files?.SoftLimit is { } limit)
            {
                add(limit, ["max_open_files"]);
            }
        });
        Gauge("container_threads", "Number of threads running inside the container", s => s.Threads);
        Gauge("container_threads_max", "Maximum number of threads allowed inside the container, infinity if value is zero", s => s.Threads is null ? null : s.ThreadLimit ?? 0);
        Many("container_last_seen", "Last time a container was seen by the exporter", MetricType.Gauge, [], static (row, add) => add(row.Sample.At.ToUnixTimeSeconds(), []));
        Many("container_start_time_seconds", "Start time of the container since unix epoch in seconds.", MetricType.Gauge, [], static (row, add) => add(row.StartedAt.ToUnixTimeSeconds(), []));

        void OfProcesses(string name, string help, Func<CadvisorRow, double?> value) => Many(name, help, MetricType.Gauge, [], (row, add) =>
        {
            if (value(row) is { } number)
            {
                add(number, []);
            }
        });
    }

    private void AddPressure()
    {
        Both("cpu", "CPU", s => s.CpuPressure);
        Both("memory", "memory", s => s.MemoryPressure);
        Both("io", "IO", s => s.IoPressure);

        void Both(string kind, string title, Func<CgroupSample, Pressure?> pressure)
        {
            Counter($"container_pressure_{kind}_stalled_seconds_total", $"Total time duration no tasks in the container could make progress due to {title} congestion.", s => pressure(s)?.Full.TotalMicroseconds / Microseconds);
            Counter($"container_pressure_{kind}_waiting_seconds_total", $"Total time duration tasks in the container have waited due to {title} congestion.", s => pressure(s)?.Some.TotalMicroseconds / Microseconds);
        }
    }

    private void AddSpec()
    {
        Gauge("container_spec_cpu_period", "CPU period of the container.", s => s.CpuPeriod);
        Gauge("container_spec_cpu_quota", "CPU quota of the container.", s => s.CpuQuota);
        Gauge("container_spec_cpu_shares", "CPU share of the container.", s => s.CpuShares);
        Gauge("container_spec_memory_limit_bytes", "Memory limit for the container.", s => s.MemoryLimit ?? 0);
        Gauge("container_spec_memory_swap_limit_bytes", "Memory swap limit for the container.", s => s.SwapLimit ?? 0);
        Gauge("container_spec_memory_reservation_limit_bytes", "Memory reservation limit for the container.", s => s.MemoryReservation ?? 0);
    }

    private void AddMachine(HostInfo host)
    {
        string[] names = ["boot_id", "machine_id", "system_uuid"];
        string[] ids = [host.BootId, host.MachineId, host.SystemUuid];
        Machine("machine_cpu_cores", "Number of logical CPU cores.", host.Cpus);
        var topology = CpuTopology.Read();
        Machine("machine_cpu_physical_cores", "Number of physical CPU cores.", topology.Cores);
        Machine("machine_cpu_sockets", "Number of CPU sockets.", topology.Sockets);
        Machine("machine_memory_bytes", "Amount of memory installed on the machine.", host.MemoryBytes);
        Registry.CreateCallback("machine_swap_bytes", "Amount of swap memory available on the machine.", MetricType.Gauge, names, samples =>
        {
            if (!_page.Failed)
            {
                samples.Add(_page.Current.Node.Host.SwapTotalBytes, ids);
            }
        });
        Registry.CreateGauge("cadvisor_version_info", "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor version & cadvisor revision.", "cadvisorRevision", "cadvisorVersion", "dockerVersion", "kernelVersion", "osVersion")
            .WithLabels("", "", "", host.KernelVersion, host.OsImage).Set(1);
        Registry.CreateGaugeCallback("container_scrape_error", "1 if there was an error while getting container metrics, 0 otherwise", () => _page.Failed ? 1 : 0);
        Registry.CreateGaugeCallback("machine_scrape_error", "1 if there was an error while getting machine metrics, 0 otherwise.", () => _page.Failed ? 1 : 0);

        void Machine(string name, string help, double value) => Registry.CreateGauge(name, help, names).WithLabels(ids).Set(value);
    }

    private void Counter(string name, string help, Func<CgroupSample, double?> value) => Plain(name, help, MetricType.Counter, value);

    private void Gauge(string name, string help, Func<CgroupSample, double?> value) => Plain(name, help, MetricType.Gauge, value);

    private void Plain(string name, string help, MetricType type, Func<CgroupSample, double?> value) => Many(name, help, type, [], (row, add) =>
    {
        if (value(row.Sample) is { } number)
        {
            add(number, []);
        }
    });

    private void Many(string name, string help, MetricType type, string[] more, Action<CadvisorRow, Action<double, string[]>> samplesOf) =>
        Registry.CreateCallback(name, help, type, [.. Labels, .. more], samples =>
        {
            foreach (var row in Rows)
            {
                samplesOf(row, (value, labels) => samples.Add(value, row.Sample.At, [row.Container, row.Id, row.Image, row.Name, row.Namespace, row.Pod, .. labels]));
            }
        });
}
