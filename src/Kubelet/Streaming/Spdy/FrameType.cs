namespace NodeAgent.Kubelet.Streaming.Spdy;

/// <summary>Control frames of SPDY/3.1.</summary>
internal enum FrameType
{
    SynStream = 1,
    SynReply = 2,
    RstStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    Headers = 8,
    WindowUpdate = 9,
}
