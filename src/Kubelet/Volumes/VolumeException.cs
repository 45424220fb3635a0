namespace NodeAgent.Kubelet.Volumes;

/// <summary>A volume cannot be made ready; tried again until it can.</summary>
internal class VolumeException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The reason of the event that tells of it.</summary>
    public string Reason { get; init; } = "FailedMount";

    /// <summary>The message says which volume it is about.</summary>
    public bool IsWhole { get; init; }
}
