namespace NodeAgent.DevCluster.Up;

/// <summary>What <c>./dev up</c> was asked for.</summary>
/// <param name="Runtime">The container engine.</param>
/// <param name="Standalone">The kubelet alone, with pods from its manifest folder.</param>
public sealed record UpOptions(Engine Runtime, bool Standalone)
{
    /// <exception cref="ArgumentException">The arguments are not of the command's form.</exception>
    public static UpOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new UpOptions(Engine.Containerd, false);
        foreach (var argument in arguments)
        {
            options = argument switch
            {
                "--runtime=containerd" => options with { Runtime = Engine.Containerd },
                "--runtime=docker" => options with { Runtime = Engine.Docker },
                "--standalone" => options with { Standalone = true },
                _ => throw new ArgumentException($"unknown option of up: {argument}; there are --runtime=containerd, --runtime=docker and --standalone"),
            };
        }

        return options;
    }
}

/// <summary>The container engines that the kubelet runs pods on.</summary>
public enum Engine
{
    Containerd,
    Docker,
}
