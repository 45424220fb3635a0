using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Tests.Topology;

public sealed class HostTopologyTests : IDisposable
{
    private readonly string _sys = Directory.CreateTempSubdirectory("sys").FullName;

    public void Dispose() => Directory.Delete(_sys, recursive: true);

    [Fact]
    public void Read_OfAHostWithTwoNodes_KnowsWhatCpusShare()
    {
        Write("devices/system/cpu/online", "0-3\n");
        for (var cpu = 0; cpu < 4; cpu++)
        {
            Write($"devices/system/cpu/cpu{cpu}/topology/thread_siblings_list", cpu % 2 == 0 ? "0,2" : "1,3");
            Write($"devices/system/cpu/cpu{cpu}/topology/physical_package_id", $"{cpu % 2}");
            Write($"devices/system/cpu/cpu{cpu}/cache/index3/level", "3");
            Write($"devices/system/cpu/cpu{cpu}/cache/index3/id", $"{cpu % 2}");
        }

        for (var node = 0; node < 2; node++)
        {
            Write($"devices/system/node/node{node}/cpulist", node == 0 ? "0,2" : "1,3");
            Write($"devices/system/node/node{node}/distance", node == 0 ? "10 21" : "21 10");
            Write($"devices/system/node/node{node}/meminfo", $"Node {node} MemTotal:       1024 kB\nNode {node} MemFree: 1 kB\n");
            Write($"devices/system/node/node{node}/hugepages/hugepages-2048kB/nr_hugepages", $"{node}");
        }

        Write("devices/system/node/possible", "0-1");
        var host = HostTopology.Read(_sys, 5);

        Assert.Equal([new CpuPlace(0, 0, 0, 0, 0), new CpuPlace(1, 1, 1, 1, 1), new CpuPlace(2, 0, 0, 0, 0), new CpuPlace(3, 1, 1, 1, 1)], host.Cpus.AsEnumerable());
        Assert.Equal([0, 1], host.Nodes.Ids.AsEnumerable());
        Assert.Equal(21, host.Nodes.Distances[0][1]);
        Assert.Equal(1024 * 1024, host.NodeMemory[1]);
        Assert.Equal(2 * 1024 * 1024, host.NodeHugePages[(1, 2 * 1024 * 1024)]);
    }

    [Theory]
    [InlineData("fs/cgroup/cpuset.cpus.effective")]
    [InlineData("fs/cgroup/cpuset/cpuset.effective_cpus")]
    public void Read_OfAHostWithinAHost_HasOnlyTheCpusThatItMayUse(string file)
    {
        Write("devices/system/cpu/online", "0-7");
        Write(file, "2-3\n");

        Assert.Equal([2, 3], HostTopology.Read(_sys, 5).Cpus.Select(c => c.Id));
    }

    [Fact]
    public void Read_OfAKernelWithoutNodes_HasOne()
    {
        Write("devices/system/cpu/online", "0");

        var host = HostTopology.Read(_sys, 5);

        Assert.Equal([new CpuPlace(0, 0, 0, 0, 0)], host.Cpus.AsEnumerable());
        Assert.Equal([0], host.Nodes.Ids.AsEnumerable());
        Assert.Equal(5, host.NodeMemory[0]);
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_sys, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
