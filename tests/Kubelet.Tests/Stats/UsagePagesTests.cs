using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.ContainerRuntime;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Server;
using NodeAgent.Kubelet.Stats;
using NodeAgent.Kubelet.Tests.Streaming;
using NSubstitute;
using Core = NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.Kubelet.Tests.Stats;

/// <summary>The three pages that are made from one measurement, as a scraper sees them.</summary>
public sealed class UsagePagesTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero);

    private readonly DaemonServer _server = new(new ServerOptions("kubelet", new IPEndPoint(IPAddress.Loopback, 0)), NullLoggerFactory.Instance);
    private readonly HttpClient _http = new();

    public async Task InitializeAsync()
    {
        new KubeletEndpoints(new KubeletEndpointOptions("node-1"), new OneRunningPod(), Substitute.For<IRuntimeService>(), TimeProvider.System, NullLoggerFactory.Instance, new OnePodUsage()).MapTo(_server);
        await _server.StartAsync(CancellationToken.None);
        _http.BaseAddress = new Uri($"http://127.0.0.1:{_server.Endpoint.Port}");
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("node_cpu_usage_seconds_total 100 1795248000000")]
    [InlineData("node_memory_working_set_bytes 600 1795248000000")]
    [InlineData("container_cpu_usage_seconds_total{container=\"main\",namespace=\"default\",pod=\"web\"} 2.5 1795248000000")]
    [InlineData("container_memory_working_set_bytes{container=\"main\",namespace=\"default\",pod=\"web\"} 800 1795248000000")]
    [InlineData("container_start_time_seconds{container=\"main\",namespace=\"default\",pod=\"web\"} 1795244400")]
    [InlineData("pod_cpu_usage_seconds_total{namespace=\"default\",pod=\"web\"} 3 1795248000000")]
    [InlineData("pod_memory_working_set_bytes{namespace=\"default\",pod=\"web\"} 900 1795248000000")]
    [InlineData("resource_scrape_error 0")]
    public async Task Resource_Page_HasTheSeries(string line) => Assert.Contains("\n" + line + "\n", await _http.GetStringAsync(new Uri("/metrics/resource", UriKind.Relative)), StringComparison.Ordinal);

    [Theory]
    [InlineData("container_cpu_usage_seconds_total{container=\"main\",id=\"/kubepods/poduid-1/abc\",image=\"img\",name=\"abc\",namespace=\"default\",pod=\"web\",cpu=\"total\"} 2.5 1795248000000")]
    [InlineData("container_cpu_usage_seconds_total{container=\"\",id=\"/kubepods/poduid-1\",image=\"\",name=\"\",namespace=\"default\",pod=\"web\",cpu=\"total\"} 3 1795248000000")]
    [InlineData("container_cpu_usage_seconds_total{container=\"\",id=\"/\",image=\"\",name=\"\",namespace=\"\",pod=\"\",cpu=\"total\"} 100 1795248000000")]
    [InlineData("container_memory_working_set_bytes{container=\"main\",id=\"/kubepods/poduid-1/abc\",image=\"img\",name=\"abc\",namespace=\"default\",pod=\"web\"} 800 1795248000000")]
    [InlineData("container_network_receive_bytes_total{container=\"\",id=\"/kubepods/poduid-1/sandbox\",image=\"\",name=\"sandbox\",namespace=\"default\",pod=\"web\",interface=\"eth0\"} 11 1795248000000")]
    [InlineData("container_spec_memory_limit_bytes{container=\"main\",id=\"/kubepods/poduid-1/abc\",image=\"img\",name=\"abc\",namespace=\"default\",pod=\"web\"} 2000 1795248000000")]
    [InlineData("container_cpu_cfs_throttled_periods_total{container=\"main\",id=\"/kubepods/poduid-1/abc\",image=\"img\",name=\"abc\",namespace=\"default\",pod=\"web\"} 4 1795248000000")]
    [InlineData("container_pressure_cpu_waiting_seconds_total{container=\"main\",id=\"/kubepods/poduid-1/abc\",image=\"img\",name=\"abc\",namespace=\"default\",pod=\"web\"} 1.5 1795248000000")]
    [InlineData("container_processes{container=\"main\",id=\"/kubepods/poduid-1/abc\",image=\"img\",name=\"abc\",namespace=\"default\",pod=\"web\"} 1 1795248000000")]
    [InlineData("container_file_descriptors{container=\"\",id=\"/kubepods/poduid-1/sandbox\",image=\"\",name=\"sandbox\",namespace=\"default\",pod=\"web\"} 0 1795248000000")]
    [InlineData("container_sockets{container=\"\",id=\"/kubepods/poduid-1/sandbox\",image=\"\",name=\"sandbox\",namespace=\"default\",pod=\"web\"} 0 1795248000000")]
    [InlineData("container_fs_reads_bytes_total{container=\"main\",id=\"/kubepods/poduid-1/abc\",image=\"img\",name=\"abc\",namespace=\"default\",pod=\"web\",device=\"\"} 4096 1795248000000")]
    [InlineData("container_fs_reads_total{container=\"main\",id=\"/kubepods/poduid-1/abc\",image=\"img\",name=\"abc\",namespace=\"default\",pod=\"web\",device=\"\"} 1 1795248000000")]
    [InlineData("container_fs_writes_bytes_total{container=\"main\",id=\"/kubepods/poduid-1/abc\",image=\"img\",name=\"abc\",namespace=\"default\",pod=\"web\",device=\"\"} 8192 1795248000000")]
    [InlineData("container_fs_writes_total{container=\"main\",id=\"/kubepods/poduid-1/abc\",image=\"img\",name=\"abc\",namespace=\"default\",pod=\"web\",device=\"\"} 2 1795248000000")]
    [InlineData("container_blkio_device_usage_total{container=\"main\",id=\"/kubepods/poduid-1/abc\",image=\"img\",name=\"abc\",namespace=\"default\",pod=\"web\",device=\"\",major=\"4000\",minor=\"7\",operation=\"Write\"} 8192 1795248000000")]
    [InlineData("container_scrape_error 0")]
    public async Task Cadvisor_Page_HasTheSeries(string line) => Assert.Contains("\n" + line + "\n", await _http.GetStringAsync(new Uri("/metrics/cadvisor", UriKind.Relative)), StringComparison.Ordinal);

    [Fact]
    public async Task Summary_Page_NodePodContainersVolumes()
    {
        using var json = JsonDocument.Parse(await _http.GetStringAsync(new Uri("/stats/summary", UriKind.Relative)));

        var (node, pod) = (json.RootElement.GetProperty("node"), json.RootElement.GetProperty("pods")[0]);
        Assert.Equal("node-1", node.GetProperty("nodeName").GetString());
        Assert.Equal(600, node.GetProperty("memory").GetProperty("workingSetBytes").GetInt64());
        Assert.Equal("pods", node.GetProperty("systemContainers")[0].GetProperty("name").GetString());
        Assert.Equal("ens3", node.GetProperty("network").GetProperty("name").GetString());
        Assert.Equal(1000, node.GetProperty("fs").GetProperty("capacityBytes").GetInt64());
        Assert.Equal("web", pod.GetProperty("podRef").GetProperty("name").GetString());
        Assert.Equal(3_000_000_000, pod.GetProperty("cpu").GetProperty("usageCoreNanoSeconds").GetInt64());
        Assert.Equal(11, pod.GetProperty("network").GetProperty("rxBytes").GetInt64());
        var container = pod.GetProperty("containers")[0];
        Assert.Equal((250_000_000, 1200), (container.GetProperty("cpu").GetProperty("usageNanoCores").GetInt64(), container.GetProperty("memory").GetProperty("availableBytes").GetInt64()));
        Assert.Equal(1_500_000_000, container.GetProperty("cpu").GetProperty("psi").GetProperty("some").GetProperty("total").GetInt64());
        Assert.Equal(70, container.GetProperty("rootfs").GetProperty("usedBytes").GetInt64());
        Assert.Equal(5, container.GetProperty("logs").GetProperty("usedBytes").GetInt64());
        Assert.Equal("data", pod.GetProperty("volume")[0].GetProperty("name").GetString());
        Assert.Equal("claim", pod.GetProperty("volume")[1].GetProperty("pvcRef").GetProperty("name").GetString());
        Assert.Equal(70 + 5 + 100, pod.GetProperty("ephemeral-storage").GetProperty("usedBytes").GetInt64());
    }

    [Fact]
    public async Task Summary_OnlyCpuAndMemory_NothingElse()
    {
        using var json = JsonDocument.Parse(await _http.GetStringAsync(new Uri("/stats/summary?only_cpu_and_memory=true", UriKind.Relative)));

        Assert.False(json.RootElement.GetProperty("node").TryGetProperty("fs", out _));
        Assert.False(json.RootElement.GetProperty("pods")[0].TryGetProperty("network", out _));
        Assert.Equal(800, json.RootElement.GetProperty("pods")[0].GetProperty("containers")[0].GetProperty("memory").GetProperty("workingSetBytes").GetInt64());
    }

    private sealed class OnePodUsage : IUsageSource
    {
        public UsageSnapshot Collect(UsageDetail detail)
        {
            var fs = new FsUsage(Now, 400, 4) { CapacityBytes = 1000, AvailableBytes = 600, Inodes = 10, InodesFree = 6 };
            var node = new NodeUsage(Now.AddDays(-1), new HostUsage(100_000_000_000, 1000, 300, 400), 7)
            {
                Network = [new InterfaceCounters("eth9", 0, 0, 0, 0, 0, 0, 0, 0), new InterfaceCounters("ens3", 1, 2, 3, 4, 5, 6, 7, 8)],
                DefaultInterface = "ens3",
                Fs = fs,
                ImageFs = fs,
            };
            var container = new CgroupSample(Now)
            {
                CpuNanoseconds = 2_500_000_000,
                CpuQuota = 50000,
                CpuPeriod = 100000,
                CfsThrottledPeriods = 4,
                MemoryUsage = 1000,
                InactiveFile = 200,
                MemoryLimit = 2000,
                CpuPressure = new Pressure(new PressureLine(1, 2, 3, 1_500_000), default),
                Io = [new DeviceIo(4000, 7) { ReadBytes = 4096, WriteBytes = 8192, Reads = 1, Writes = 2 }],
            };
            var pod = new Core.Pod { Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "uid-1" }, Spec = new Core.PodSpec() };
            return new UsageSnapshot(Now, node, [new GroupUsage("/kubepods", "pods", new CgroupSample(Now), null)],
            [
                new PodUsage(pod, "/kubepods/poduid-1", new CgroupSample(Now) { CpuNanoseconds = 3_000_000_000, MemoryUsage = 900 }, null)
                {
                    Containers = [new ContainerUsage("abc", "main", "img", "/kubepods/poduid-1/abc", Now.AddHours(-1), container, 250_000_000) { Processes = [Environment.ProcessId] }],
                    Sandbox = new ContainerUsage("sandbox", "", "", "/kubepods/poduid-1/sandbox", Now.AddHours(-1), new CgroupSample(Now), null) { Processes = [] },
                    Network = [new InterfaceCounters("eth0", 11, 1, 0, 0, 22, 2, 0, 0)],
                    Disk = new PodDisk
                    {
                        Rootfs = new Dictionary<string, FsUsage> { ["main"] = fs.WithPart(Now, 70, 7) },
                        Logs = new Dictionary<string, FsUsage> { ["main"] = fs.WithPart(Now, 5, 1) },
                        Volumes = [new VolumeUsage("data", fs.WithPart(Now, 100, 3), IsEphemeral: true), new VolumeUsage("claimed", fs, IsEphemeral: false, "claim")],
                    },
                },
            ]);
        }
    }
}
