namespace NodeAgent.Kubelet.DynamicResources;

/// <summary>A pod's resource claims cannot be prepared or given back now.</summary>
internal sealed class ClaimException(string message, Exception? inner = null) : Exception(message, inner);
