namespace NodeAgent.Kubelet.Streaming.WebSockets;

/// <summary>What a message, or a part of one, says to a channel.</summary>
/// <param name="Data">Good until the next part is fed.</param>
/// <param name="IsClose">The client sends no more on this channel.</param>
internal readonly record struct ChannelPart(int Channel, ReadOnlyMemory<byte> Data, bool IsClose);
