using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Objects;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>Checks one container.</summary>
internal static class ContainerValidation
{
    public static void Validate(Container container, string path, IReadOnlyDictionary<string, Volume> volumes, FieldErrors errors)
    {
        errors.DnsLabel($"{path}.name", container.Name);
        if (errors.Required($"{path}.image", container.Image) && container.Image.Trim().Length != container.Image.Length)
        {
            errors.Add($"{path}.image", $"\"{container.Image}\" must not begin or end with white space");
        }

        errors.OneOf($"{path}.terminationMessagePolicy", container.TerminationMessagePolicy, "File", "FallbackToLogsOnError");
        errors.OneOf($"{path}.imagePullPolicy", container.ImagePullPolicy, "Always", "IfNotPresent", "Never");
        if (container is { StdinOnce: true, Stdin: false })
        {
            errors.Add($"{path}.stdinOnce", "needs stdin to be true");
        }

        ValidatePorts(container, $"{path}.ports", errors);
        ValidateEnv(container, path, errors);
        ValidateMounts(container, path, volumes, errors);
        ValidateResources(container.Resources, $"{path}.resources", errors);
        ValidateSecurity(container.SecurityContext, $"{path}.securityContext", errors);
    }

    public static void ValidateResources(ResourceRequirements? resources, string path, FieldErrors errors)
    {
        foreach (var (kind, list) in resources is null ? [] : new[] { ("limits", resources.Limits), ("requests", resources.Requests) })
        {
            foreach (var (name, quantity) in list)
            {
                if (quantity.Amount.Sign < 0)
                {
                    errors.Add($"{path}.{kind}.{name}", $"{quantity.String} must not be negative");
                }

                var isStandard = name is ResourceNames.Cpu or ResourceNames.Memory or ResourceNames.EphemeralStorage || name.StartsWith(ResourceNames.HugePagesPrefix, StringComparison.Ordinal);
                if (!isStandard && !name.Contains('/', StringComparison.Ordinal))
                {
                    errors.Add($"{path}.{kind}.{name}", $"is no resource of a container: cpu, memory, ephemeral-storage, hugepages-<size> or one with a domain{NameSuggestion.Hint(name, [ResourceNames.Cpu, ResourceNames.Memory, ResourceNames.EphemeralStorage])}");
                }
            }
        }

        foreach (var (name, request) in resources?.Requests ?? [])
        {
            if (resources!.Limits.TryGetValue(name, out var limit) && request.Amount > limit.Amount)
            {
                errors.Add($"{path}.requests.{name}", $"{request.String} must not be more than the limit, {limit.String}");
            }
        }
    }

    private static void ValidatePorts(Container container, string path, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < container.Ports.Count; i++)
        {
            var port = container.Ports[i];
            if (port.Name.Length > 0 && !NameSyntax.IsPortName(port.Name))
            {
                errors.Add($"{path}[{i}].name", $"\"{port.Name}\" must be at most 15 lower-case letters, digits or single '-', with a letter among them");
            }
            else if (port.Name.Length > 0 && !names.Add(port.Name))
            {
                errors.Add($"{path}[{i}].name", $"\"{port.Name}\" is given twice");
            }

            errors.Port($"{path}[{i}].containerPort", port.ContainerPort_);
            if (port.HostPort != 0)
            {
                errors.Port($"{path}[{i}].hostPort", port.HostPort);
            }

            errors.OneOf($"{path}[{i}].protocol", port.Protocol, "TCP", "UDP", "SCTP");
        }
    }

    private static void ValidateEnv(Container container, string path, FieldErrors errors)
    {
        for (var i = 0; i < container.Env.Count; i++)
        {
            var variable = container.Env[i];
            if (errors.Required($"{path}.env[{i}].name", variable.Name) && variable.Name.Any(c => c is < ' ' or > '~' or '='))
            {
                errors.Add($"{path}.env[{i}].name", $"\"{variable.Name}\" must be printable ASCII characters without '='");
            }

            if (variable.ValueFrom is not { } from)
            {
                continue;
            }

            if (variable.Value.Length > 0)
            {
                errors.Add($"{path}.env[{i}].valueFrom", "must not be given beside value");
            }

            var given = new object?[] { from.FieldRef, from.ResourceFieldRef, from.ConfigMapKeyRef, from.SecretKeyRef, from.FileKeyRef }.Count(s => s is not null);
            if (given != 1)
            {
                errors.Add($"{path}.env[{i}].valueFrom", $"must have exactly one source, not {given}");
            }
        }

        for (var i = 0; i < container.EnvFrom.Count; i++)
        {
            if (container.EnvFrom[i] is { ConfigMapRef: null } == container.EnvFrom[i] is { SecretRef: null })
            {
                errors.Add($"{path}.envFrom[{i}]", "must have exactly one of configMapRef and secretRef");
            }
        }
    }

    private static void ValidateMounts(Container container, string path, IReadOnlyDictionary<string, Volume> volumes, FieldErrors errors)
    {
        var places = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < container.VolumeMounts.Count; i++)
        {
            var mount = container.VolumeMounts[i];
            var at = $"{path}.volumeMounts[{i}]";
            if (errors.Required($"{at}.name", mount.Name) && !volumes.ContainsKey(mount.Name))
            {
                errors.Add($"{at}.name", $"the pod has no volume \"{mount.Name}\"{NameSuggestion.Hint(mount.Name, volumes.Keys)}");
            }

            if (errors.Required($"{at}.mountPath", mount.MountPath) && !places.Add(mount.MountPath))
            {
                errors.Add($"{at}.mountPath", $"\"{mount.MountPath}\" is given twice");
            }

            errors.DescendingPath($"{at}.subPath", mount.SubPath);
            errors.DescendingPath($"{at}.subPathExpr", mount.SubPathExpr);
            if (mount.SubPath.Length > 0 && mount.SubPathExpr.Length > 0)
            {
                errors.Add($"{at}.subPathExpr", "must not be given beside subPath");
            }

            if (mount.HasMountPropagation)
            {
                errors.OneOf($"{at}.mountPropagation", mount.MountPropagation, "None", "HostToContainer", "Bidirectional");
                if (mount.MountPropagation == "Bidirectional" && container.SecurityContext is not { Privileged: true })
                {
                    errors.Add($"{at}.mountPropagation", "Bidirectional is for privileged containers only");
                }
            }
        }
    }

    private static void ValidateSecurity(SecurityContext? security, string path, FieldErrors errors)
    {
        if (security is null)
        {
            return;
        }

        if (security.HasRunAsUser)
        {
            errors.AtLeast($"{path}.runAsUser", security.RunAsUser, 0);
        }

        if (security.HasRunAsGroup)
        {
            errors.AtLeast($"{path}.runAsGroup", security.RunAsGroup, 0);
        }

        if (security is { HasAllowPrivilegeEscalation: true, AllowPrivilegeEscalation: false } && (security.Privileged || security.Capabilities?.Add.Contains("CAP_SYS_ADMIN") == true))
        {
            errors.Add($"{path}.allowPrivilegeEscalation", "cannot be false for a container that is privileged or has CAP_SYS_ADMIN");
        }

        if (security.SeccompProfile is { } profile)
        {
            errors.OneOf($"{path}.seccompProfile.type", profile.Type, "RuntimeDefault", "Localhost", "Unconfined");
            if (profile.Type == "Localhost" != profile.LocalhostProfile.Length > 0)
            {
                errors.Add($"{path}.seccompProfile.localhostProfile", "belongs to the type Localhost, and to no other");
            }
        }
    }
}
