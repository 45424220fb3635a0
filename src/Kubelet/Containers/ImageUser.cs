namespace NodeAgent.Kubelet.Containers;

/// <summary>The user that an image runs as: a number, or a name that only the image can resolve, or neither.</summary>
internal sealed record ImageUser(long? Uid, string Name)
{
    public static readonly ImageUser Unknown = new(null, "");

    public static ImageUser Of(Cri.Image? image) => image is null ? Unknown : new ImageUser(image.Uid?.Value ?? (image.Username.Length > 0 ? null : 0), image.Username);
}
