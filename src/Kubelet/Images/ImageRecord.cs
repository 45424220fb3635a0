namespace NodeAgent.Kubelet.Images;

/// <summary>What image collection remembers of an image.</summary>
/// <param name="FirstSeen">When this kubelet first saw it.</param>
/// <param name="LastUsed">When a container last had it; <see cref="FirstSeen"/> when none had.</param>
internal sealed record ImageRecord(string Id, long Size, bool Pinned, DateTimeOffset FirstSeen, DateTimeOffset LastUsed, bool InUse);
