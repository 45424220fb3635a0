using NodeAgent.Kubelet.Containers;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>A volume whose files come from objects of the API; which, the function says.</summary>
/// <param name="inMemory">The files are secret: they lie in a tmpfs and never on a disk.</param>
internal sealed class PayloadPlugin(
    string name, bool inMemory, Func<VolumeSource, bool> supports, Func<VolumeContext, CancellationToken, Task<List<PayloadFile>>> read, TimeProvider time) : IVolumePlugin
{
    public string Name => name;

    public bool Supports(VolumeSpec spec) => spec.Persistent is null && supports(spec.Source);

    public async Task<ReadyVolume> SetUpAsync(VolumeContext context, CancellationToken cancellationToken)
    {
        try
        {
            var files = await read(context, cancellationToken);
            VolumeRoot.Make(context, inMemory ? () => Tmpfs.Mount(context.Directory) : null);
            AtomicWriter.Write(context.Directory, files, context.FsGroup, time);
            return new ReadyVolume(context.Directory, IsReadOnly: true);
        }
        catch (Exception e) when (e is ContainerConfigException or IOException)
        {
            throw new VolumeException(e.Message, e);
        }
    }

    public static IEnumerable<IVolumePlugin> All(PayloadSources sources, TimeProvider time) =>
    [
        new PayloadPlugin("kubernetes.io/configmap", inMemory: false, v => v.ConfigMap is not null, (c, token) => sources.ConfigMapAsync(
            c.Pod,
            c.Volume.VolumeSource.ConfigMap.LocalObjectReference.Name,
            c.Volume.VolumeSource.ConfigMap.Items,
            c.Volume.VolumeSource.ConfigMap.HasDefaultMode ? c.Volume.VolumeSource.ConfigMap.DefaultMode : null,
            c.Volume.VolumeSource.ConfigMap.Optional,
            token), time),
        new PayloadPlugin("kubernetes.io/secret", inMemory: true, v => v.Secret is not null, (c, token) => sources.SecretAsync(
            c.Pod,
            c.Volume.VolumeSource.Secret.SecretName,
            c.Volume.VolumeSource.Secret.Items,
            c.Volume.VolumeSource.Secret.HasDefaultMode ? c.Volume.VolumeSource.Secret.DefaultMode : null,
            c.Volume.VolumeSource.Secret.Optional,
            token), time),
        new PayloadPlugin("kubernetes.io/downward-api", inMemory: true, v => v.DownwardAPI is not null, (c, _) => Task.FromResult(PayloadSources.DownwardApi(
            c.Pod,
            c.Volume.VolumeSource.DownwardAPI.Items,
            c.Volume.VolumeSource.DownwardAPI.HasDefaultMode ? c.Volume.VolumeSource.DownwardAPI.DefaultMode : null,
            c.Fields)), time),
        new PayloadPlugin("kubernetes.io/projected", inMemory: true, v => v.Projected is not null, (c, token) => sources.ProjectedAsync(c.Pod, c.Volume.VolumeSource.Projected, c.Fields, token), time),
    ];
}
