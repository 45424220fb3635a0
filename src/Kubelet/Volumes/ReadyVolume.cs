namespace NodeAgent.Kubelet.Volumes;

/// <summary>A volume as containers can have it.</summary>
/// <param name="Path">On the host: a folder, a file or, of a block volume, a link to the device.</param>
/// <param name="IsReadOnly">Containers may not write, whatever their mount says.</param>
/// <param name="IsBlock">A device, which is given and not mounted.</param>
/// <param name="Image">Set when the runtime mounts this image itself.</param>
internal sealed record ReadyVolume(string Path, bool IsReadOnly = false, bool IsBlock = false, Cri.ImageSpec? Image = null);
