using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Containers;

/// <summary>From the security contexts of a pod and its containers to CRI's.</summary>
internal static class SecurityContexts
{
    private static readonly string[] Masked =
    [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
        "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ];

    private static readonly string[] ReadOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    public static Cri.NamespaceOption Namespaces(Pod pod) => new()
    {
        Network = pod.Spec.HostNetwork ? Cri.NamespaceMode.Node : Cri.NamespaceMode.Pod,
        Ipc = pod.Spec.HostIPC ? Cri.NamespaceMode.Node : Cri.NamespaceMode.Pod,
        Pid = pod.Spec switch
        {
            { HostPID: true } => Cri.NamespaceMode.Node,
            { ShareProcessNamespace: true } => Cri.NamespaceMode.Pod,
            _ => Cri.NamespaceMode.Container,
        },

        // Pods with users of their own get theirs where the sandbox is made.
        UsernsOptions = new Cri.UserNamespace { Mode = Cri.NamespaceMode.Node },
    };

    /// <param name="imageUser">The user that the image asks for, used when the pod names none.</param>
    public static Cri.LinuxContainerSecurityContext For(Pod pod, Container container, ImageUser imageUser, SecurityDefaults defaults)
    {
        var own = container.SecurityContext;
        var common = pod.Spec.SecurityContext;
        var result = new Cri.LinuxContainerSecurityContext
        {
            NamespaceOptions = Namespaces(pod),
            Privileged = own?.Privileged ?? false,
            ReadonlyRootfs = own?.ReadOnlyRootFilesystem ?? false,
            NoNewPrivs = own is { HasAllowPrivilegeEscalation: true, AllowPrivilegeEscalation: false },
            SelinuxOptions = SeLinux(own?.SeLinuxOptions ?? common?.SeLinuxOptions),
            Seccomp = Seccomp(own?.SeccompProfile ?? common?.SeccompProfile, defaults),
            Apparmor = AppArmor(own?.AppArmorProfile ?? common?.AppArmorProfile),
        };
        if (own?.Capabilities is { } capabilities)
        {
            result.Capabilities = new Cri.Capability { AddCapabilities = { capabilities.Add }, DropCapabilities = { capabilities.Drop } };
        }

        SetUser(result, own, common, imageUser);
        SetGroups(result, common);
        if (own?.ProcMount != "Unmasked" && !result.Privileged)
        {
            result.MaskedPaths.AddRange(Masked);
            result.ReadonlyPaths.AddRange(ReadOnly);
        }

        return result;
    }

    public static Cri.LinuxSandboxSecurityContext ForSandbox(Pod pod)
    {
        var common = pod.Spec.SecurityContext;
        var result = new Cri.LinuxSandboxSecurityContext
        {
            NamespaceOptions = Namespaces(pod),
            Privileged = pod.AllContainers().Any(c => c.Spec.SecurityContext?.Privileged ?? false),
            Seccomp = new Cri.SecurityProfile { ProfileType = Cri.SecurityProfile.Types.ProfileType.RuntimeDefault },
            SelinuxOptions = SeLinux(common?.SeLinuxOptions),
        };
        if (common is null)
        {
            return result;
        }

        if (common.HasRunAsUser)
        {
            result.RunAsUser = new Cri.Int64Value { Value = common.RunAsUser };
        }

        if (common.HasRunAsGroup)
        {
            result.RunAsGroup = new Cri.Int64Value { Value = common.RunAsGroup };
        }

        result.SupplementalGroups.AddRange(Groups(common));
        result.SupplementalGroupsPolicy = Policy(common);
        return result;
    }

    /// <summary>Refuses a container that must not run as root and would.</summary>
    /// <exception cref="ContainerConfigException">With upstream's words.</exception>
    public static void CheckNonRoot(Pod pod, Container container, ImageUser imageUser)
    {
        var own = container.SecurityContext;
        var common = pod.Spec.SecurityContext;
        var mustNot = own is { HasRunAsNonRoot: true } ? own.RunAsNonRoot : common?.RunAsNonRoot ?? false;
        if (!mustNot)
        {
            return;
        }

        var where = $"(pod: \"{pod.Describe()}\", container: {container.Name})";
        if (EffectiveUser(own, common) is { } uid)
        {
            if (uid == 0)
            {
                throw new ContainerConfigException($"container's runAsUser breaks non-root policy {where}");
            }
        }
        else if (imageUser.Uid == 0)
        {
            throw new ContainerConfigException($"container has runAsNonRoot and image will run as root {where}");
        }
        else if (imageUser.Uid is null && imageUser.Name.Length > 0)
        {
            throw new ContainerConfigException($"container has runAsNonRoot and image has non-numeric user ({imageUser.Name}), cannot verify user is non-root {where}");
        }
    }

    private static long? EffectiveUser(SecurityContext? own, PodSecurityContext? common) =>
        own is { HasRunAsUser: true } ? own.RunAsUser : common is { HasRunAsUser: true } ? common.RunAsUser : null;

    private static void SetUser(Cri.LinuxContainerSecurityContext result, SecurityContext? own, PodSecurityContext? common, ImageUser imageUser)
    {
        if ((EffectiveUser(own, common) ?? imageUser.Uid) is { } uid)
        {
            result.RunAsUser = new Cri.Int64Value { Value = uid };
        }
        else
        {
            result.RunAsUsername = imageUser.Name;
        }

        if (own is { HasRunAsGroup: true })
        {
            result.RunAsGroup = new Cri.Int64Value { Value = own.RunAsGroup };
        }
        else if (common is { HasRunAsGroup: true })
        {
            result.RunAsGroup = new Cri.Int64Value { Value = common.RunAsGroup };
        }
    }

    private static void SetGroups(Cri.LinuxContainerSecurityContext result, PodSecurityContext? common)
    {
        if (common is not null)
        {
            result.SupplementalGroups.AddRange(Groups(common));
            result.SupplementalGroupsPolicy = Policy(common);
        }
    }

    private static long[] Groups(PodSecurityContext common) => common.HasFsGroup ? [common.FsGroup, .. common.SupplementalGroups] : [.. common.SupplementalGroups];

    private static Cri.SupplementalGroupsPolicy Policy(PodSecurityContext common) =>
        common.SupplementalGroupsPolicy == "Strict" ? Cri.SupplementalGroupsPolicy.Strict : Cri.SupplementalGroupsPolicy.Merge;

    private static Cri.SELinuxOption? SeLinux(SELinuxOptions? options) =>
        options is null ? null : new Cri.SELinuxOption { User = options.User, Role = options.Role, Type = options.Type, Level = options.Level };

    private static Cri.SecurityProfile Seccomp(SeccompProfile? profile, SecurityDefaults defaults) => profile?.Type switch
    {
        "RuntimeDefault" => new Cri.SecurityProfile { ProfileType = Cri.SecurityProfile.Types.ProfileType.RuntimeDefault },
        "Localhost" => new Cri.SecurityProfile
        {
            ProfileType = Cri.SecurityProfile.Types.ProfileType.Localhost,
            LocalhostRef = Path.Combine(defaults.SeccompProfileRoot, profile.LocalhostProfile),
        },
        null or "" when defaults.SeccompDefault => new Cri.SecurityProfile { ProfileType = Cri.SecurityProfile.Types.ProfileType.RuntimeDefault },
        _ => new Cri.SecurityProfile { ProfileType = Cri.SecurityProfile.Types.ProfileType.Unconfined },
    };

    private static Cri.SecurityProfile? AppArmor(AppArmorProfile? profile) => profile?.Type switch
    {
        "RuntimeDefault" => new Cri.SecurityProfile { ProfileType = Cri.SecurityProfile.Types.ProfileType.RuntimeDefault },
        "Localhost" => new Cri.SecurityProfile { ProfileType = Cri.SecurityProfile.Types.ProfileType.Localhost, LocalhostRef = profile.LocalhostProfile },
        "Unconfined" => new Cri.SecurityProfile { ProfileType = Cri.SecurityProfile.Types.ProfileType.Unconfined },
        _ => null,
    };
}
