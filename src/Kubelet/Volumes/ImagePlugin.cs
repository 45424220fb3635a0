using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Images;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>An image as a read-only volume: pulled by the kubelet, mounted by a runtime that can.</summary>
internal sealed class ImagePlugin(ImagePuller images, RuntimeFeatures features) : IVolumePlugin
{
    public string Name => "kubernetes.io/image";

    public bool Supports(VolumeSpec spec) => spec.Source.Image is not null;

    public async Task<ReadyVolume> SetUpAsync(VolumeContext context, CancellationToken cancellationToken)
    {
        if (await features.WhyNoImageVolumesAsync(cancellationToken) is { } why)
        {
            throw new VolumeException(why);
        }

        var source = context.Spec.Source.Image;
        if (source.Reference.Length == 0)
        {
            throw new VolumeException("the image volume names no image");
        }

        // Pulled as for a container of this name; events go to the pod.
        var standIn = new Container { Name = context.Volume.Name, Image = source.Reference, ImagePullPolicy = source.PullPolicy };
        try
        {
            var pulled = await images.EnsureAsync(context.Pod, standIn, ContainerKind.Main, new Cri.PodSandboxConfig(), cancellationToken);
            return new ReadyVolume("", IsReadOnly: true, Image: new Cri.ImageSpec { Image = pulled.Id, UserSpecifiedImage = source.Reference });
        }
        catch (StartException e)
        {
            throw new VolumeException($"{e.Reason}: {e.Message}", e);
        }
    }
}
