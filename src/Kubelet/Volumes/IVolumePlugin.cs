using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>One kind of volume.</summary>
/// <remarks>Called for one volume of a pod at a time; for different volumes and pods at the same time.</remarks>
internal interface IVolumePlugin
{
    /// <summary>In upstream's form, such as <c>kubernetes.io/empty-dir</c>; names the folder that such volumes lie in.</summary>
    string Name { get; }

    bool Supports(VolumeSpec spec);

    /// <summary>
    /// Makes the volume ready and returns what containers get. Idempotent: called again for a volume that is ready, to bring
    /// its content up to date.
    /// </summary>
    /// <exception cref="VolumeException">It cannot be made ready now.</exception>
    Task<ReadyVolume> SetUpAsync(VolumeContext context, CancellationToken cancellationToken);

    /// <summary>
    /// Takes down what <see cref="SetUpAsync"/> made, from what is on the host alone: the pod and the API may be gone, and the
    /// kubelet may be another one. Leaves nothing mounted at or below the folder. Idempotent.
    /// </summary>
    /// <exception cref="VolumeException">It is in use; the message names by whom.</exception>
    Task TearDownAsync(PodUid pod, string name, string directory, CancellationToken cancellationToken)
    {
        Unmounting.AllBelow(directory);
        return Task.CompletedTask;
    }
}
