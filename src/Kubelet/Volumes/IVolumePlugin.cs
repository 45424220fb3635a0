namespace NodeAgent.Kubelet.Volumes;

/// <summary>One kind of volume.</summary>
/// <remarks>Called for one volume at a time; for different volumes at the same time.</remarks>
internal interface IVolumePlugin
{
    /// <summary>In upstream's form, such as <c>kubernetes.io/empty-dir</c>; names the folder that such volumes lie in.</summary>
    string Name { get; }

    bool Supports(Volume volume);

    /// <summary>
    /// Makes the volume ready and returns the path on the host that containers get. Idempotent: called again for a volume
    /// that is ready, to bring its content up to date.
    /// </summary>
    /// <exception cref="VolumeException">It cannot be made ready now.</exception>
    Task<string> SetUpAsync(VolumeContext context, CancellationToken cancellationToken);
}
