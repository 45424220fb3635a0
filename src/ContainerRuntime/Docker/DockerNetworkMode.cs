namespace NodeAgent.ContainerRuntime.Docker;

/// <summary>Who gives a pod its network.</summary>
public enum DockerNetworkMode
{
    /// <summary>CNI plugins where the config directory has a config, else a Docker bridge network.</summary>
    Auto,

    /// <summary>CNI plugins; without a config the network is not ready.</summary>
    Cni,

    /// <summary>A Docker bridge network.</summary>
    Bridge,
}
