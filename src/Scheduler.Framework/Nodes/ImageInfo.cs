namespace NodeAgent.Scheduler.Framework.Nodes;

/// <summary>An image that nodes have.</summary>
public sealed class ImageInfo
{
    public long SizeBytes { get; internal set; }

    /// <summary>How many nodes have it.</summary>
    public int NodeCount { get; internal set; }
}
