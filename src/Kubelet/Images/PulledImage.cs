using NodeAgent.Kubelet.Containers;

namespace NodeAgent.Kubelet.Images;

/// <param name="Id">What the engine calls the image.</param>
internal sealed record PulledImage(string Id, ImageUser User);
