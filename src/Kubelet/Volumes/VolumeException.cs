namespace NodeAgent.Kubelet.Volumes;

/// <summary>A volume cannot be made ready; tried again until it can.</summary>
internal sealed class VolumeException(string message, Exception? inner = null) : Exception(message, inner);
