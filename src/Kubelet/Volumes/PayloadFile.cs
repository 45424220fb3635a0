namespace NodeAgent.Kubelet.Volumes;

/// <param name="Path">Relative to the volume.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Owner">The user that the file is to belong to; null for root.</param>
internal sealed record PayloadFile(string Path, ReadOnlyMemory<byte> Content, int Mode, int? Owner = null);
