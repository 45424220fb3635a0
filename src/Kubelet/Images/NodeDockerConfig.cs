namespace NodeAgent.Kubelet.Images;

/// <summary>The logins that the node itself has: a docker config file, looked for where upstream looks for it, at most every five minutes.</summary>
/// <param name="folders">In the order in which they are looked at.</param>
internal sealed class NodeDockerConfig(IReadOnlyList<string> folders, TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private IReadOnlyList<KeyValuePair<string, Cri.AuthConfig>> _logins = [];
    private long? _readAt;

    /// <param name="rootDirectory">The kubelet's folder.</param>
    public static NodeDockerConfig Of(string rootDirectory, TimeProvider time)
    {
        var home = Environment.GetEnvironmentVariable("HOME") ?? "";
        return new NodeDockerConfig([rootDirectory, Environment.CurrentDirectory, .. home.Length > 0 ? [Path.Combine(home, ".docker")] : Array.Empty<string>(), "/.docker"], time);
    }

    public IReadOnlyList<KeyValuePair<string, Cri.AuthConfig>> Logins
    {
        get
        {
            lock (_lock)
            {
                if (_readAt is not { } at || time.GetElapsedTime(at) > Kept)
                {
                    _logins = Read();
                    _readAt = time.GetTimestamp();
                }

                return _logins;
            }
        }
    }

    private IReadOnlyList<KeyValuePair<string, Cri.AuthConfig>> Read()
    {
        foreach (var (name, nested) in ((string, bool)[])[("config.json", true), (".dockercfg", false)])
        {
            foreach (var file in folders.Select(f => Path.Combine(f, name)).Where(File.Exists))
            {
                try
                {
                    if (RegistryCredentials.Read(File.ReadAllBytes(file), nested) is { Count: > 0 } logins)
                    {
                        return logins;
                    }
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // The next place is looked at; without any login the registry's refusal is what is told.
                }
            }
        }

        return [];
    }
}
