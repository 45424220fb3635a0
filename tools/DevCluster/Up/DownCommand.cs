using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.Up;

/// <summary>Ends what <c>./dev up</c> started and removes every trace of it. Does no harm where nothing was started.</summary>
internal static class DownCommand
{
    // The daemons first, so that nobody starts pods anew; the engine before etcd, because pods may hold volumes of it.
    private static readonly (string Folder, string Process)[] Order =
    [
        (DevFolder.Node, NodeDaemons.KubeletName),
        (DevFolder.Node, NodeDaemons.SchedulerName),
        (DevFolder.Node, NodeDaemons.ProxyName),
        (DevFolder.ControlPlane, ControlPlane.LocalControlPlane.ControllerManagerName),
        (DevFolder.ControlPlane, ControlPlane.LocalControlPlane.ApiServerName),
        (DevFolder.ControlPlane, ControlPlane.LocalControlPlane.EtcdName),
    ];

    public static async Task RunAsync()
    {
        foreach (var (folder, name) in Order)
        {
            if (ManagedProcess.Find(name, folder) is { } process)
            {
                Console.WriteLine($"==> ending {name}");
                await process.StopAsync();
            }
        }

        await EngineHosts.RemoveAsync();
        await Leftovers.RemoveRulesAsync(DaemonBinaries.Own());
        await Containers.HostMounts.UnmountBelowAsync(DevFolder.Root);
        Cgroups.Remove(DevFolder.CgroupRoot);
        if (Directory.Exists(DevFolder.Root))
        {
            Directory.Delete(DevFolder.Root, recursive: true);
        }

        Console.WriteLine("==> nothing of ./dev up is left");
    }
}
