namespace NodeAgent.Kubelet.Stats;

/// <summary>What one volume takes.</summary>
/// <param name="IsEphemeral">Whether it counts as the pod's ephemeral storage.</param>
/// <param name="Claim">The claim's name; empty for what is none.</param>
internal sealed record VolumeUsage(string Name, FsUsage Usage, bool IsEphemeral, string Claim = "");
