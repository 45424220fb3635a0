using NodeAgent.Kubelet.Containers;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>A volume whose files come from objects of the API; which, the function says.</summary>
internal sealed class PayloadPlugin(string name, Func<VolumeSource, bool> supports, Func<VolumeContext, CancellationToken, Task<List<PayloadFile>>> read, TimeProvider time) : IVolumePlugin
{
    public string Name => name;

    public bool Supports(Volume volume) => volume.VolumeSource is { } source && supports(source);

    public async Task<string> SetUpAsync(VolumeContext context, CancellationToken cancellationToken)
    {
        try
        {
            var files = await read(context, cancellationToken);
            AtomicWriter.Write(context.Directory, files, context.FsGroup, time);
            return context.Directory;
        }
        catch (ContainerConfigException e)
        {
            throw new VolumeException(e.Message, e);
        }
    }

    public static IEnumerable<IVolumePlugin> All(PayloadSources sources, TimeProvider time) =>
    [
        new PayloadPlugin("kubernetes.io/configmap", v => v.ConfigMap is not null, (c, token) => sources.ConfigMapAsync(
            c.Pod,
            c.Volume.VolumeSource.ConfigMap.LocalObjectReference.Name,
            c.Volume.VolumeSource.ConfigMap.Items,
            c.Volume.VolumeSource.ConfigMap.HasDefaultMode ? c.Volume.VolumeSource.ConfigMap.DefaultMode : null,
            c.Volume.VolumeSource.ConfigMap.Optional,
            token), time),
        new PayloadPlugin("kubernetes.io/secret", v => v.Secret is not null, (c, token) => sources.SecretAsync(
            c.Pod,
            c.Volume.VolumeSource.Secret.SecretName,
            c.Volume.VolumeSource.Secret.Items,
            c.Volume.VolumeSource.Secret.HasDefaultMode ? c.Volume.VolumeSource.Secret.DefaultMode : null,
            c.Volume.VolumeSource.Secret.Optional,
            token), time),
        new PayloadPlugin("kubernetes.io/downward-api", v => v.DownwardAPI is not null, (c, _) => Task.FromResult(PayloadSources.DownwardApi(
            c.Pod,
            c.Volume.VolumeSource.DownwardAPI.Items,
            c.Volume.VolumeSource.DownwardAPI.HasDefaultMode ? c.Volume.VolumeSource.DownwardAPI.DefaultMode : null,
            c.Fields)), time),
        new PayloadPlugin("kubernetes.io/projected", v => v.Projected is not null, (c, token) => sources.ProjectedAsync(c.Pod, c.Volume.VolumeSource.Projected, c.Fields, token), time),
    ];
}
