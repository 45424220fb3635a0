using Microsoft.Extensions.Logging;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Resources;
using NodeAgent.Kubelet.Volumes;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>Removes now and then what pods that are gone have left on the host: folders with their mounts, and cgroups.</summary>
/// <param name="inRuntime">Whether the runtime has something of the pod.</param>
internal sealed partial class Housekeeping(PodManager pods, VolumeManager volumes, IPodCgroups cgroups, Func<PodUid, bool> inRuntime, Func<bool> sourcesReady, TimeProvider time, ILogger<Housekeeping> logger)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    /// <summary>Told after each round of how many pods the volumes went, and of how many they could not.</summary>
    public Action<int, int>? Swept { get; set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Every, time, cancellationToken);
            if (sourcesReady())
            {
                await CleanAsync(cancellationToken);
            }
        }
    }

    private async Task CleanAsync(CancellationToken cancellationToken)
    {
        pods.CollectAllocations();
        var (cleaned, failed) = (0, 0);
        foreach (var uid in volumes.Known().Where(u => !IsKnown(u)))
        {
            try
            {
                await volumes.TearDownAsync(uid, cancellationToken);
                LogRemoved(uid);
                cleaned++;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or VolumeException)
            {
                LogLeft(uid.Value, e.Message);
                failed++;
            }
        }

        Swept?.Invoke(cleaned + failed, failed);

        try
        {
            await cgroups.RemoveOrphansAsync(IsKnown, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogLeft("cgroup", e.Message);
        }
    }

    private bool IsKnown(PodUid uid) => pods.Find(uid) is not null || inRuntime(uid);

    [LoggerMessage(1, LogLevel.Information, "Removed the folder of pod {Pod}, which is gone")]
    private partial void LogRemoved(PodUid pod);

    [LoggerMessage(2, LogLevel.Warning, "What is left of {Pod} cannot be removed: {Error}")]
    private partial void LogLeft(string pod, string error);
}
