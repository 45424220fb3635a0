using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Tests.Stats;

public sealed class CgroupReaderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("cgroup-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, path))!);
        File.WriteAllText(Path.Combine(_root, path), content);
    }

    [Fact]
    public void Read_V2_EveryFigure()
    {
        Write("pod/cpu.stat", "usage_usec 5000000\nuser_usec 3000000\nsystem_usec 2000000\nnr_periods 10\nnr_throttled 4\nthrottled_usec 1500000\n");
        Write("pod/cpu.max", "50000 100000\n");
        Write("pod/cpu.weight", "39\n");
        Write("pod/memory.current", "1000\n");
        Write("pod/memory.max", "2000\n");
        Write("pod/memory.peak", "1500\n");
        Write("pod/memory.stat", "anon 300\nfile 600\ninactive_file 200\nactive_file 400\nfile_mapped 50\npgfault 7\npgmajfault 2\nkernel 11\n");
        Write("pod/memory.events", "low 0\nmax 3\noom_kill 1\n");
        Write("pod/memory.swap.current", "5\n");
        Write("pod/memory.swap.max", "max\n");
        Write("pod/pids.current", "9\n");
        Write("pod/pids.max", "100\n");
        Write("pod/io.stat", "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n259:3 rbytes=5 wbytes=6 rios=7 wios=8\n");
        Write("pod/cpu.pressure", "some avg10=1.50 avg60=0.20 avg300=0.00 total=123\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=45\n");
        Write("pod/cgroup.procs", "12\n34\n");
        Directory.CreateDirectory(Path.Combine(_root, "pod", "child"));
        var reader = new CgroupV2Reader(TimeProvider.System, _root);

        var sample = reader.Read("/pod", UsageDetail.All)!;

        Assert.Equal((5_000_000_000UL, 3_000_000_000UL, 2_000_000_000UL), (sample.CpuNanoseconds, sample.UserNanoseconds, sample.SystemNanoseconds));
        Assert.Equal((10UL, 4UL, 1_500_000_000UL), (sample.CfsPeriods, sample.CfsThrottledPeriods, sample.CfsThrottledNanoseconds));
        Assert.Equal((50000UL, 100000UL), (sample.CpuQuota, sample.CpuPeriod));
        Assert.Equal(998UL, sample.CpuShares);
        Assert.Equal((1000UL, 800UL, 1500UL, 2000UL), (sample.MemoryUsage, sample.WorkingSet, sample.MemoryPeak, sample.MemoryLimit));
        Assert.Equal((300UL, 600UL, 50UL, 11UL), (sample.Rss, sample.Cache, sample.MappedFile, sample.KernelMemory));
        Assert.Equal((7UL, 2UL, 3UL, 1UL), (sample.PageFaults, sample.MajorPageFaults, sample.MemoryFailures, sample.OomKills));
        Assert.Equal((5UL, null), (sample.Swap, sample.SwapLimit));
        Assert.Equal((9UL, 100UL), (sample.Threads, sample.ThreadLimit));
        Assert.Equal([new DeviceIo(8, 0) { ReadBytes = 10, WriteBytes = 20, Reads = 1, Writes = 2 }, new DeviceIo(259, 3) { ReadBytes = 5, WriteBytes = 6, Reads = 7, Writes = 8 }], sample.Io);
        Assert.Equal(new Pressure(new PressureLine(1.5, 0.2, 0, 123), new PressureLine(0, 0, 0, 45)), sample.CpuPressure);
        Assert.Null(sample.MemoryPressure);
        Assert.Equal(["child"], reader.Children("/pod"));
        Assert.Equal([12, 34], reader.Processes("/pod"));
    }

    [Fact]
    public void Read_V1_EveryFigure()
    {
        Write("cpuacct/pod/cpuacct.usage", "5000000000\n");
        Write("cpuacct/pod/cpuacct.stat", "user 300\nsystem 200\n");
        Write("cpu/pod/cpu.stat", "nr_periods 10\nnr_throttled 4\nthrottled_time 1500000000\n");
        Write("cpu/pod/cpu.cfs_quota_us", "-1\n");
        Write("cpu/pod/cpu.cfs_period_us", "100000\n");
        Write("cpu/pod/cpu.shares", "1024\n");
        Write("memory/pod/memory.usage_in_bytes", "1000\n");
        Write("memory/pod/memory.limit_in_bytes", "9223372036854771712\n");
        Write("memory/pod/memory.max_usage_in_bytes", "1500\n");
        Write("memory/pod/memory.stat", "cache 1\nrss 1\nhierarchical_memory_limit 5\ntotal_cache 600\ntotal_rss 300\ntotal_inactive_file 200\ntotal_pgfault 7\ntotal_pgmajfault 2\ntotal_swap 4\n");
        Write("memory/pod/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
        Write("pids/pod/pids.current", "9\n");
        Write("pids/pod/pids.max", "max\n");
        Write("blkio/pod/blkio.throttle.io_service_bytes_recursive", "8:0 Read 10\n8:0 Write 20\n8:0 Total 30\nTotal 30\n");
        Write("blkio/pod/blkio.throttle.io_serviced_recursive", "8:0 Read 1\n8:0 Write 2\n");
        var reader = new CgroupV1Reader(TimeProvider.System, _root);

        var sample = reader.Read("/pod", UsageDetail.All)!;

        Assert.Equal((5_000_000_000UL, 3_000_000_000UL, 2_000_000_000UL), (sample.CpuNanoseconds, sample.UserNanoseconds, sample.SystemNanoseconds));
        Assert.Equal((null, 100000UL, 1024UL), (sample.CpuQuota, sample.CpuPeriod, sample.CpuShares));
        Assert.Equal((1000UL, 800UL, 1500UL, null), (sample.MemoryUsage, sample.WorkingSet, sample.MemoryPeak, sample.MemoryLimit));
        Assert.Equal((300UL, 600UL, 4UL), (sample.Rss, sample.Cache, sample.Swap));
        Assert.Equal((7UL, 2UL, 1UL), (sample.PageFaults, sample.MajorPageFaults, sample.OomKills));
        Assert.Equal((9UL, null), (sample.Threads, sample.ThreadLimit));
        Assert.Equal([new DeviceIo(8, 0) { ReadBytes = 10, WriteBytes = 20, Reads = 1, Writes = 2 }], sample.Io);
    }

    [Fact]
    public void Read_LessDetail_NoMoreThanThat()
    {
        Write("memory/pod/memory.usage_in_bytes", "1000\n");
        Write("memory/pod/memory.max_usage_in_bytes", "1500\n");
        Write("pids/pod/pids.current", "9\n");
        var reader = new CgroupV1Reader(TimeProvider.System, _root);

        var (least, summary) = (reader.Read("/pod", UsageDetail.CpuAndMemory)!, reader.Read("/pod", UsageDetail.Summary)!);

        Assert.Equal((1000UL, null, 0UL), (least.MemoryUsage, least.Threads, least.MemoryPeak));
        Assert.Equal((1000UL, 9UL, 0UL), (summary.MemoryUsage, summary.Threads, summary.MemoryPeak));
    }

    [Theory]
    [InlineData("kernel", 7UL)]
    [InlineData("file", null)]
    [InlineData("anon", 3UL)]
    [InlineData("sock", null)]
    [InlineData("shmem", 5UL)]
    public void Field_WholeNamesOnly(string name, ulong? expected) =>
        Assert.Equal(expected, CgroupFile.Field("anon 3\nkernel_stack 4\nfile_mapped 9\nkernel 7\nshmem 5"u8, System.Text.Encoding.ASCII.GetBytes(name)));

    [Fact]
    public void Read_LongListOfProcesses_AllOfThem()
    {
        Write("many/cgroup.procs", string.Join('\n', Enumerable.Range(100_000, 5000)) + "\n");

        Assert.Equal(Enumerable.Range(100_000, 5000), new CgroupV2Reader(TimeProvider.System, _root).Processes("/many"));
    }

    [Fact]
    public void Read_NoSuchCgroup_Nothing()
    {
        Assert.Null(new CgroupV2Reader(TimeProvider.System, _root).Read("/gone", UsageDetail.All));
        Assert.Null(new CgroupV1Reader(TimeProvider.System, _root).Read("/gone", UsageDetail.All));
        Assert.Empty(new CgroupV2Reader(TimeProvider.System, _root).Children("/gone"));
        Assert.Empty(new CgroupV1Reader(TimeProvider.System, _root).Processes("/gone"));
    }

    [Theory]
    [InlineData("/kubepods/podX", "/kubepods/podX")]
    [InlineData("kubepods-burstable-pod1_2.slice", "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice")]
    public void ToPath_SliceOrPath_Path(string name, string path) => Assert.Equal(path, SystemdSlices.ToPath(name));

    [Fact]
    public void Update_TwoMeasurements_TheRateBetweenThem()
    {
        var rates = new CpuRates();
        var start = DateTimeOffset.UnixEpoch;

        Assert.Null(rates.Update("a", 1_000_000_000, start));
        Assert.Equal(500_000_000UL, rates.Update("a", 2_000_000_000, start.AddSeconds(2)));
        Assert.Equal(500_000_000UL, rates.Update("a", 9_000_000_000, start.AddSeconds(2.5)));
        Assert.Null(rates.Update("a", 0, start.AddSeconds(9)));
    }

    [Fact]
    public void DefaultInterface_OfRoutes_LowestMetric() => Assert.Equal("eth1", ProcFacts.DefaultInterface(
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\neth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\neth1\t00000000\t0102A8C0\t0003\t0\t0\t5\t00000000\t0\t0\t0\neth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"));

    [Fact]
    public void Of_Folder_BlocksOfItsFilesEachOnce()
    {
        Write("data/a", new string('x', 10_000));
        Write("data/below/b", "y");
        File.CreateSymbolicLink(Path.Combine(_root, "data/link"), "/usr");

        var (bytes, inodes) = DirectorySize.Of(Path.Combine(_root, "data"), CancellationToken.None);

        Assert.Equal(5UL, inodes);
        Assert.InRange(bytes, 10_000UL, 60_000UL);
    }
}
