namespace NodeAgent.Kubelet.Containers;

/// <summary>The user that an image runs as: a number, or a name that only the image can resolve, or neither.</summary>
internal readonly record struct ImageUser(long? Uid, string Name)
{
    public static ImageUser Of(Cri.Image? image) => image is null ? default : new ImageUser(image.Uid?.Value ?? (image.Username.Length > 0 ? null : 0), image.Username);
}
