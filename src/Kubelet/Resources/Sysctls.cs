using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Resources;

/// <summary>The kernel settings that pods may change in their own namespaces: those that are safe everywhere, and those that the configuration allows.</summary>
/// <param name="allowedUnsafe">Names, or beginnings of names that end with <c>*</c>.</param>
internal sealed class Sysctls(IEnumerable<string> allowedUnsafe)
{
    private static readonly string[] Safe =
    [
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_wmem",
    ];

    private static readonly string[] IpcPrefixes = ["kernel.shm", "kernel.msg", "fs.mqueue."];

    private readonly string[] _patterns = [.. Safe, .. allowedUnsafe.Select(Normalize)];

    /// <summary>Dots between the parts, whichever of the two separators comes first in the name.</summary>
    public static string Normalize(string name)
    {
        var first = name.IndexOfAny(['.', '/']);
        return first < 0 || name[first] == '.'
            ? name
            : string.Concat(name.Select(c => c switch { '/' => '.', '.' => '/', _ => c }));
    }

    /// <returns>Why the pod is refused; null when all its settings are allowed.</returns>
    public Verdict? Check(Pod pod)
    {
        foreach (var sysctl in pod.Spec.SecurityContext?.Sysctls ?? [])
        {
            if (Problem(Normalize(sysctl.Name), pod.Spec) is { } problem)
            {
                return new Verdict("SysctlForbidden", $"forbidden sysctl: {problem}");
            }
        }

        return null;
    }

    /// <summary>A pattern for which no namespace is known would change the whole host.</summary>
    /// <returns>What is wrong with an entry of <c>allowedUnsafeSysctls</c>; null when it can be used.</returns>
    public static string? Check(string pattern) =>
        NamespaceOf(Normalize(pattern).TrimEnd('*')) is null ? $"the sysctls \"{pattern}\" are not known to be namespaced" : null;

    private string? Problem(string name, PodSpec spec)
    {
        if (!_patterns.Any(p => p.EndsWith('*') ? name.StartsWith(p[..^1], StringComparison.Ordinal) : p == name))
        {
            return $"\"{name}\" not allowlisted";
        }

        var ns = NamespaceOf(name);
        return (ns == "IPC" && spec.HostIPC) || (ns == "Net" && spec.HostNetwork) ? $"\"{name}\" not allowed with host {ns} enabled" : null;
    }

    private static string? NamespaceOf(string name) =>
        name == "kernel.sem" || IpcPrefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal)) ? "IPC"
        : name.StartsWith("net.", StringComparison.Ordinal) ? "Net"
        : null;
}
