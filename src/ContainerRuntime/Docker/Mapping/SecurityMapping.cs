using System.Globalization;
using System.Text.Json;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>CRI's security contexts as Docker's user and security options.</summary>
internal static class SecurityMapping
{
    private const string NoNewPrivileges = "no-new-privileges";

    /// <summary>What a pause container gets beside its profile.</summary>
    public static string[] SandboxOptions(LinuxSandboxSecurityContext? context, Func<string, string> readProfile) =>
        [NoNewPrivileges, .. SELinux(context?.SelinuxOptions), .. Seccomp(context?.Seccomp ?? new SecurityProfile(), readProfile), .. AppArmor(context?.Apparmor, "")];

    public static string[] ContainerOptions(LinuxContainerSecurityContext? context, Func<string, string> readProfile)
    {
        if (context is null)
        {
            return [.. Seccomp(null, readProfile)];
        }

        return
        [
            .. context.NoNewPrivs ? [NoNewPrivileges] : Array.Empty<string>(),
            .. SELinux(context.SelinuxOptions),
            .. Seccomp(context.Seccomp, readProfile),
            .. AppArmor(context.Apparmor, context.ApparmorProfile),
        ];
    }

    /// <returns>user, or user:group; null for the image's own.</returns>
    public static string? User(Int64Value? user, string userName, Int64Value? group)
    {
        var name = userName.Length > 0 ? userName : user?.Value.ToString(CultureInfo.InvariantCulture);
        if (group is null)
        {
            return name;
        }

        return name is null
            ? throw new RuntimeException(RuntimeErrorCode.InvalidArgument, "run_as_group is set without run_as_user or run_as_username; set the user too")
            : string.Create(CultureInfo.InvariantCulture, $"{name}:{group.Value}");
    }

    public static string[]? Groups(IReadOnlyCollection<long> groups) =>
        groups.Count == 0 ? null : [.. groups.Select(g => g.ToString(CultureInfo.InvariantCulture))];

    /// <summary>CRI has capabilities with or without CAP_ in front, Docker 20.10 takes both; ALL stays.</summary>
    public static string[]? Capabilities(IReadOnlyCollection<string>? names) =>
        names is null or { Count: 0 } ? null : [.. names];

    /// <summary>CRI leaves seccomp off unless it is asked for; Docker has its profile on unless it is told otherwise.</summary>
    private static string[] Seccomp(SecurityProfile? profile, Func<string, string> readProfile) => profile?.ProfileType switch
    {
        SecurityProfile.Types.ProfileType.RuntimeDefault => [],
        SecurityProfile.Types.ProfileType.Localhost => ["seccomp=" + SeccompProfile(profile.LocalhostRef, readProfile)],
        _ => ["seccomp=unconfined"],
    };

    private static string SeccompProfile(string path, Func<string, string> readProfile)
    {
        if (!Path.IsPathRooted(path))
        {
            throw new RuntimeException(RuntimeErrorCode.InvalidArgument, $"the seccomp profile \"{path}\" is not an absolute path");
        }

        try
        {
            // The engine wants the profile itself, without line ends.
            using var profile = JsonDocument.Parse(readProfile(path));
            return JsonSerializer.Serialize(profile.RootElement, ProfileJson.Default.JsonElement);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new RuntimeException(RuntimeErrorCode.InvalidArgument, $"cannot load the seccomp profile {path}: {e.Message}", e);
        }
    }

    private static string[] AppArmor(SecurityProfile? profile, string legacy)
    {
        if (profile is null)
        {
            return legacy switch
            {
                "" or "runtime/default" => [],
                "unconfined" => ["apparmor=unconfined"],
                _ => ["apparmor=" + (legacy.StartsWith("localhost/", StringComparison.Ordinal) ? legacy["localhost/".Length..] : legacy)],
            };
        }

        return profile.ProfileType switch
        {
            SecurityProfile.Types.ProfileType.Unconfined => ["apparmor=unconfined"],
            SecurityProfile.Types.ProfileType.Localhost => ["apparmor=" + profile.LocalhostRef],
            _ => [],
        };
    }

    private static IEnumerable<string> SELinux(SELinuxOption? options)
    {
        (string Key, string Value)[] parts = options is null
            ? []
            : [("user", options.User), ("role", options.Role), ("type", options.Type), ("level", options.Level)];
        return parts.Where(p => p.Value.Length > 0).Select(p => $"label={p.Key}:{p.Value}");
    }
}
