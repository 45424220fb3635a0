namespace NodeAgent.Kubelet.Stats;

/// <summary>Where systemd puts slices.</summary>
internal static class SystemdSlices
{
    private const string Suffix = ".slice";

    /// <summary>A slice's name says where it lies: <c>a-b.slice</c> is <c>/a.slice/a-b.slice</c>. Anything else is a path already.</summary>
    public static string ToPath(string cgroup)
    {
        if (!cgroup.EndsWith(Suffix, StringComparison.Ordinal) || cgroup.Contains('/', StringComparison.Ordinal))
        {
            return cgroup;
        }

        var path = "";
        var name = "";
        foreach (var part in cgroup[..^Suffix.Length].Split('-'))
        {
            name = name.Length > 0 ? $"{name}-{part}" : part;
            path += $"/{name}{Suffix}";
        }

        return path;
    }
}
