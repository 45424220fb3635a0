namespace NodeAgent.Kubelet.Config;

/// <summary>What a kubelet on Docker Engine does itself that a CRI engine does on its own; the flags are those that upstream had for it.</summary>
/// <param name="SandboxImage">The image of the pause containers.</param>
/// <param name="CniConfigFolder">Without a config there, pods are on a Docker bridge network.</param>
/// <param name="CniPluginFolders">Searched in this order.</param>
/// <param name="CniCacheFolder">Where it is kept what the plugins have set up, so that it can be taken down after a restart.</param>
internal sealed record DockerSettings(string SandboxImage, string CniConfigFolder, IReadOnlyList<string> CniPluginFolders, string CniCacheFolder);
