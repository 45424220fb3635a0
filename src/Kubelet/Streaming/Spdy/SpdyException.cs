namespace NodeAgent.Kubelet.Streaming.Spdy;

/// <summary>The peer broke the protocol; the connection cannot go on.</summary>
internal sealed class SpdyException(string message, Exception? inner = null) : IOException(message, inner);
