using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Resources;

/// <summary>Which kernel settings pods may make: those that stay in their namespaces, and those that the configuration allows.</summary>
internal sealed class Sysctls(IReadOnlyCollection<string> allowedUnsafe)
{
    private static readonly HashSet<string> Safe =
    [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    ];

    private static readonly string[] IpcPrefixes = ["kernel.shm", "kernel.msg", "fs.mqueue."];

    /// <summary>Dots between the parts, whichever of the two separators comes first in the name.</summary>
    public static string Normalize(string name)
    {
        var first = name.IndexOfAny(['.', '/']);
        return first < 0 || name[first] == '.'
            ? name
            : string.Concat(name.Select(c => c switch { '/' => '.', '.' => '/', _ => c }));
    }

    /// <returns>Why the pod is refused; null when it is not.</returns>
    public Verdict? Check(Pod pod)
    {
        foreach (var name in (pod.Spec.SecurityContext?.Sysctls ?? Enumerable.Empty<Sysctl>()).Select(s => Normalize(s.Name)))
        {
            if (Refuse(name, pod.Spec.HostNetwork, pod.Spec.HostIPC) is { } why)
            {
                return new Verdict("SysctlForbidden", $"forbidden sysctl: {why}");
            }
        }

        return null;
    }

    private string? Refuse(string name, bool hostNetwork, bool hostIpc)
    {
        if (!Safe.Contains(name) && !allowedUnsafe.Select(Normalize).Any(a => a == name || (a.EndsWith('*') && name.StartsWith(a[..^1], StringComparison.Ordinal))))
        {
            return $"\"{name}\" not allowlisted";
        }

        return name.StartsWith("net.", StringComparison.Ordinal) && hostNetwork ? $"\"{name}\" not allowed with host net enabled"
            : IsOfIpc(name) && hostIpc ? $"\"{name}\" not allowed with host ipc enabled"
            : null;
    }

    private static bool IsOfIpc(string name) => name == "kernel.sem" || IpcPrefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal));
}
