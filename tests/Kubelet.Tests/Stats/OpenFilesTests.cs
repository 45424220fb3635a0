using System.Net;
using System.Net.Sockets;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Tests.Stats;

public sealed class OpenFilesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("proc-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Of_Processes_DescriptorsAndSocketsOfAll_LimitOfTheFirst()
    {
        Make(7, "Max open files            1024                 524288               files     \n", "/dev/null", "socket:[1]");
        Make(9, "Max open files            unlimited            unlimited            files     \n", "socket:[2]", "socket:[3]", "pipe:[4]");

        Assert.Equal(new OpenFiles(5, 3, 1024), OpenFiles.Of([9, 7, 99999], _root));
        Assert.Equal(-1, OpenFiles.Of([9], _root).SoftLimit);
        Assert.Equal(new OpenFiles(0, 0, null), OpenFiles.Of([], _root));
    }

    [Fact]
    public void Of_ThisProcess_SeesASocketMore()
    {
        var before = OpenFiles.Of([Environment.ProcessId]);
        using var sockets = new Listeners(50);

        var after = OpenFiles.Of([Environment.ProcessId]);

        // Other tests of this process open and close some, too.
        Assert.True(after.Sockets >= before.Sockets + 10, $"{before} before, {after} after 50 sockets");
        Assert.True(after.Count > after.Sockets);
        Assert.True(after.SoftLimit is > 0 or -1);
    }

    [Fact]
    public void Topology_OfTwoSocketsWithTwoCoresOfTwoThreads_IsCounted()
    {
        for (var cpu = 0; cpu < 8; cpu++)
        {
            Write($"cpu{cpu}/topology/physical_package_id", $"{cpu / 4}\n");
            Write($"cpu{cpu}/topology/core_id", $"{cpu % 2}\n");
        }

        Write("cpufreq/boost", "1\n");

        Assert.Equal(new CpuTopology(2, 4), CpuTopology.Read(_root));
        Assert.Equal(default, CpuTopology.Read("/nowhere"));
    }

    private void Make(int process, string limits, params string[] files)
    {
        Write($"{process}/limits", "Limit                     Soft Limit           Hard Limit           Units     \n" + limits);
        Directory.CreateDirectory(Path.Combine(_root, $"{process}/fd"));
        for (var i = 0; i < files.Length; i++)
        {
            File.CreateSymbolicLink(Path.Combine(_root, $"{process}/fd/{i}"), files[i]);
        }
    }

    private void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, path))!);
        File.WriteAllText(Path.Combine(_root, path), content);
    }

    private sealed class Listeners : IDisposable
    {
        private readonly List<TcpListener> _all;

        public Listeners(int count)
        {
            _all = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
            _all.ForEach(l => l.Start());
        }

        public void Dispose() => _all.ForEach(l => l.Dispose());
    }
}
