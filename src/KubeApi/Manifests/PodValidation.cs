using System.Net;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>Checks pods that never pass the API server: what would fail or be misunderstood later, not every rule that the API has.</summary>
public static class PodValidation
{
    private const int MaxNameservers = 3;
    private const int MaxSearches = 32;
    private const int MaxSearchCharacters = 2048;

    /// <summary>Every fault of the pod; run <see cref="PodDefaults.Apply"/> first.</summary>
    public static IReadOnlyList<FieldError> Validate(Pod pod)
    {
        var errors = new FieldErrors();
        ValidateMetadata(pod, errors);
        if (pod.Spec is not { } spec)
        {
            errors.Add("spec", "is required");
            return errors.All;
        }

        var volumes = ValidateVolumes(spec, errors);
        ValidateContainers(spec, volumes, errors);
        ValidateHostPorts(spec, errors);
        ValidateSpec(spec, errors);
        ValidateHostUsers(spec, errors);
        ValidateDns(spec, errors);
        ValidateTolerations(spec, errors);
        return errors.All;
    }

    /// <summary>The first thing of the API that the pod needs and that a pod from a manifest cannot have, such as a secret.</summary>
    /// <returns>What it is and where, or null.</returns>
    public static FieldError? FindApiReference(Pod pod)
    {
        const string Message = "a pod from a manifest cannot use it: it needs the API server";
        var spec = pod.Spec ?? new PodSpec();
        var paths = new List<string>();
        AddIf(spec.ServiceAccountName.Length > 0, "spec.serviceAccountName");
        AddIf(spec.ImagePullSecrets.Count > 0, "spec.imagePullSecrets");
        AddIf(spec.ResourceClaims.Count > 0, "spec.resourceClaims");
        for (var i = 0; i < spec.Volumes.Count; i++)
        {
            var source = spec.Volumes[i].VolumeSource ?? new VolumeSource();
            AddIf(source.Secret is not null, $"spec.volumes[{i}].secret");
            AddIf(source.ConfigMap is not null, $"spec.volumes[{i}].configMap");
            AddIf(source.PersistentVolumeClaim is not null, $"spec.volumes[{i}].persistentVolumeClaim");
            AddIf(source.Ephemeral is not null, $"spec.volumes[{i}].ephemeral");
            AddIf(source.Csi is not null, $"spec.volumes[{i}].csi");
            AddIf(source.Glusterfs is not null, $"spec.volumes[{i}].glusterfs");
            AddIf(source.AzureFile is not null, $"spec.volumes[{i}].azureFile");
            AddIf(source.Projected is { } projected && projected.Sources.Any(s => s.DownwardAPI is null), $"spec.volumes[{i}].projected");
        }

        foreach (var (path, container) in Containers(spec))
        {
            AddIf(container.Env.Any(e => e.ValueFrom is { SecretKeyRef: not null } or { ConfigMapKeyRef: not null }), $"{path}.env");
            AddIf(container.EnvFrom.Count > 0, $"{path}.envFrom");
        }

        return paths.Count == 0 ? null : new FieldError(paths[0], Message);

        void AddIf(bool isUsed, string path)
        {
            if (isUsed)
            {
                paths.Add(path);
            }
        }
    }

    private static IEnumerable<(string Path, Container Container)> Containers(PodSpec spec) =>
        spec.InitContainers.Select((c, i) => ($"spec.initContainers[{i}]", c)).Concat(spec.Containers.Select((c, i) => ($"spec.containers[{i}]", c)));

    private static void ValidateMetadata(Pod pod, FieldErrors errors)
    {
        errors.DnsSubdomain("metadata.name", pod.Metadata?.Name ?? "");
        if (pod.Metadata is not { } metadata)
        {
            return;
        }

        if (metadata.Namespace.Length > 0)
        {
            errors.DnsLabel("metadata.namespace", metadata.Namespace);
        }

        foreach (var (key, value) in metadata.Labels)
        {
            errors.LabelKey("metadata.labels", key);
            errors.LabelValue($"metadata.labels[{key}]", value);
        }

        foreach (var key in metadata.Annotations.Keys)
        {
            // Prefixes of annotations, unlike those of labels, may be in upper case.
            errors.LabelKey("metadata.annotations", key.ToLowerInvariant());
        }
    }

    private static Dictionary<string, Volume> ValidateVolumes(PodSpec spec, FieldErrors errors)
    {
        var volumes = new Dictionary<string, Volume>(StringComparer.Ordinal);
        for (var i = 0; i < spec.Volumes.Count; i++)
        {
            var volume = spec.Volumes[i];
            var path = $"spec.volumes[{i}]";
            errors.DnsLabel($"{path}.name", volume.Name);
            if (volume.Name.Length > 0 && !volumes.TryAdd(volume.Name, volume))
            {
                errors.Add($"{path}.name", $"\"{volume.Name}\" is given twice");
            }

            var source = volume.VolumeSource ?? new VolumeSource();
            var given = MessageFields.Of(VolumeSource.Descriptor).All.Where(f => f.Field.Accessor.GetValue(source) is not null).Select(f => f.Name).ToArray();
            if (given.Length != 1)
            {
                errors.Add(path, given.Length == 0 ? "must have a source" : $"must have one source only, not {string.Join(" and ", given)}");
            }

            ValidateSource(source, path, errors);
        }

        return volumes;
    }

    private static void ValidateSource(VolumeSource source, string path, FieldErrors errors)
    {
        if (source.HostPath is { } hostPath)
        {
            if (errors.Required($"{path}.hostPath.path", hostPath.Path) && hostPath.Path.Split('/').Contains(".."))
            {
                errors.Add($"{path}.hostPath.path", $"\"{hostPath.Path}\" must not contain '..'");
            }

            if (hostPath.Type.Length > 0)
            {
                errors.OneOf($"{path}.hostPath.type", hostPath.Type, "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice");
            }
        }

        if (source.EmptyDir?.SizeLimit is { } limit && limit.Amount.Sign < 0)
        {
            errors.Add($"{path}.emptyDir.sizeLimit", $"{limit.String} must not be negative");
        }

        if (source.Secret is { } secret)
        {
            errors.Required($"{path}.secret.secretName", secret.SecretName);
            ValidateItems(secret.Items, $"{path}.secret", errors);
        }

        if (source.ConfigMap is { } configMap)
        {
            errors.Required($"{path}.configMap.name", configMap.LocalObjectReference?.Name ?? "");
            ValidateItems(configMap.Items, $"{path}.configMap", errors);
        }

        if (source.PersistentVolumeClaim is { } claim)
        {
            errors.Required($"{path}.persistentVolumeClaim.claimName", claim.ClaimName);
        }

        for (var i = 0; i < (source.DownwardAPI?.Items.Count ?? 0); i++)
        {
            var item = source.DownwardAPI!.Items[i];
            var at = $"{path}.downwardAPI.items[{i}]";
            errors.Required($"{at}.path", item.Path);
            errors.DescendingPath($"{at}.path", item.Path);
            if (item.FieldRef is null == item.ResourceFieldRef is null)
            {
                errors.Add(at, "must have exactly one of fieldRef and resourceFieldRef");
            }
        }
    }

    private static void ValidateItems(IReadOnlyList<KeyToPath> items, string path, FieldErrors errors)
    {
        for (var i = 0; i < items.Count; i++)
        {
            errors.Required($"{path}.items[{i}].key", items[i].Key);
            errors.Required($"{path}.items[{i}].path", items[i].Path);
            errors.DescendingPath($"{path}.items[{i}].path", items[i].Path);
        }
    }

    private static void ValidateContainers(PodSpec spec, Dictionary<string, Volume> volumes, FieldErrors errors)
    {
        if (spec.Containers.Count == 0)
        {
            errors.Add("spec.containers", "a pod needs at least one container");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, container) in Containers(spec))
        {
            ContainerValidation.Validate(container, path, volumes, errors);
            if (container.Name.Length > 0 && !names.Add(container.Name))
            {
                errors.Add($"{path}.name", $"\"{container.Name}\" is given twice");
            }

            var isInit = path.StartsWith("spec.init", StringComparison.Ordinal);
            if (!isInit || Objects.PodResources.IsSidecar(container))
            {
                ProbeValidation.Validate(container, path, errors);
            }
            else
            {
                ForbidForInit(container, path, errors);
            }

            if (container.HasRestartPolicy && container.RestartPolicyRules.Count == 0 && isInit)
            {
                errors.OneOf($"{path}.restartPolicy", container.RestartPolicy, "Always", "OnFailure", "Never");
            }
        }
    }

    private static void ForbidForInit(Container container, string path, FieldErrors errors)
    {
        foreach (var (name, value) in new (string, object?)[] { ("lifecycle", container.Lifecycle), ("livenessProbe", container.LivenessProbe), ("readinessProbe", container.ReadinessProbe), ("startupProbe", container.StartupProbe) })
        {
            if (value is not null)
            {
                errors.Add($"{path}.{name}", "is for init containers with restartPolicy Always only");
            }
        }
    }

    private static void ValidateHostPorts(PodSpec spec, FieldErrors errors)
    {
        var taken = new HashSet<(string, string, int)>();
        for (var i = 0; i < spec.Containers.Count; i++)
        {
            for (var j = 0; j < spec.Containers[i].Ports.Count; j++)
            {
                var port = spec.Containers[i].Ports[j];
                var path = $"spec.containers[{i}].ports[{j}].hostPort";
                if (port.HostPort != 0 && !taken.Add((port.Protocol, port.HostIP, port.HostPort)))
                {
                    errors.Add(path, $"{port.HostPort}/{port.Protocol} is taken twice");
                }

                if (spec.HostNetwork && port.HostPort != port.ContainerPort_)
                {
                    errors.Add(path, "must be the same as containerPort in a pod on the host's network");
                }
            }
        }
    }

    private static void ValidateSpec(PodSpec spec, FieldErrors errors)
    {
        errors.OneOf("spec.restartPolicy", spec.RestartPolicy, "Always", "OnFailure", "Never");
        errors.OneOf("spec.dnsPolicy", spec.DnsPolicy, "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None");
        errors.AtLeast("spec.terminationGracePeriodSeconds", spec.TerminationGracePeriodSeconds, 0);
        if (spec.HasActiveDeadlineSeconds)
        {
            errors.AtLeast("spec.activeDeadlineSeconds", spec.ActiveDeadlineSeconds, 1);
        }

        if (spec is { HostPID: true, ShareProcessNamespace: true })
        {
            errors.Add("spec.shareProcessNamespace", "must not be true beside hostPID");
        }

        foreach (var (path, name) in new[] { ("spec.hostname", spec.Hostname), ("spec.subdomain", spec.Subdomain) })
        {
            if (name.Length > 0)
            {
                errors.DnsLabel(path, name);
            }
        }

        foreach (var (key, value) in spec.NodeSelector)
        {
            errors.LabelKey("spec.nodeSelector", key);
            errors.LabelValue($"spec.nodeSelector[{key}]", value);
        }

        for (var i = 0; i < spec.HostAliases.Count; i++)
        {
            if (!IPAddress.TryParse(spec.HostAliases[i].Ip, out _))
            {
                errors.Add($"spec.hostAliases[{i}].ip", $"\"{spec.HostAliases[i].Ip}\" is no IP address");
            }
        }

        if (spec.OverheadIsNegative())
        {
            errors.Add("spec.overhead", "must not be negative");
        }

        ContainerValidation.ValidateResources(spec.Resources, "spec.resources", errors);
    }

    private static void ValidateHostUsers(PodSpec spec, FieldErrors errors)
    {
        if (spec is { HasHostUsers: true, HostUsers: false })
        {
            foreach (var (name, isUsed) in new[] { ("hostNetwork", spec.HostNetwork), ("hostPID", spec.HostPID), ("hostIPC", spec.HostIPC) })
            {
                if (isUsed)
                {
                    errors.Add($"spec.{name}", "must not be true in a pod with users of its own (hostUsers: false)");
                }
            }

            return;
        }

        foreach (var (path, container) in Containers(spec))
        {
            if (container.SecurityContext?.ProcMount == "Unmasked")
            {
                errors.Add($"{path}.securityContext.procMount", "can be Unmasked only in a pod with users of its own (hostUsers: false)");
            }
        }
    }

    private static bool OverheadIsNegative(this PodSpec spec) => spec.Overhead.Values.Any(q => q.Amount.Sign < 0);

    private static void ValidateDns(PodSpec spec, FieldErrors errors)
    {
        if (spec.DnsPolicy == "None" && spec.DnsConfig is not { Nameservers.Count: > 0 })
        {
            errors.Add("spec.dnsConfig.nameservers", "at least one is required when dnsPolicy is None");
        }

        if (spec.DnsConfig is not { } dns)
        {
            return;
        }

        if (dns.Nameservers.Count > MaxNameservers)
        {
            errors.Add("spec.dnsConfig.nameservers", $"must not be more than {MaxNameservers}");
        }

        for (var i = 0; i < dns.Nameservers.Count; i++)
        {
            if (!IPAddress.TryParse(dns.Nameservers[i], out _))
            {
                errors.Add($"spec.dnsConfig.nameservers[{i}]", $"\"{dns.Nameservers[i]}\" is no IP address");
            }
        }

        if (dns.Searches.Count > MaxSearches || string.Join(' ', dns.Searches).Length > MaxSearchCharacters)
        {
            errors.Add("spec.dnsConfig.searches", $"must not be more than {MaxSearches}, nor longer than {MaxSearchCharacters} characters together");
        }
    }

    private static void ValidateTolerations(PodSpec spec, FieldErrors errors)
    {
        for (var i = 0; i < spec.Tolerations.Count; i++)
        {
            var toleration = spec.Tolerations[i];
            var path = $"spec.tolerations[{i}]";
            if (toleration.Operator.Length > 0)
            {
                errors.OneOf($"{path}.operator", toleration.Operator, "Equal", "Exists", "Lt", "Gt");
            }

            if (toleration.Key.Length == 0 && toleration.Operator != "Exists")
            {
                errors.Add($"{path}.operator", "must be Exists when there is no key");
            }

            if (toleration.Operator == "Exists" && toleration.Value.Length > 0)
            {
                errors.Add($"{path}.value", "must be empty when the operator is Exists");
            }

            if (toleration.HasTolerationSeconds && toleration.Effect != "NoExecute")
            {
                errors.Add($"{path}.effect", "must be NoExecute when tolerationSeconds is given");
            }

            if (toleration.Effect.Length > 0)
            {
                errors.OneOf($"{path}.effect", toleration.Effect, "NoSchedule", "PreferNoSchedule", "NoExecute");
            }
        }
    }
}
