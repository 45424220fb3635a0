namespace NodeAgent.Kubelet.Resources;

/// <summary>Keeps the shares of the burstable class at what its pods ask for.</summary>
internal static class QosClasses
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    public static async Task KeepAsync(PodCgroups cgroups, Func<IReadOnlyCollection<Pod>> active, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            cgroups.UpdateClasses(active());
            await Task.Delay(Every, time, cancellationToken);
        }
    }
}
