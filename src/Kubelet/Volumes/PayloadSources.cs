using System.Text;
using Google.Protobuf.Collections;
using NodeAgent.Kubelet.Containers;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>From the API's objects to the files of configMap, secret, downwardAPI and projected volumes.</summary>
internal sealed class PayloadSources(IReferencedObjects objects, ServiceAccountTokens tokens)
{
    private const int DefaultMode = 0b110_100_100;

    public async Task<List<PayloadFile>> ConfigMapAsync(Pod pod, string name, RepeatedField<KeyToPath> items, int? mode, bool optional, CancellationToken cancellationToken)
    {
        var ns = pod.Metadata.Namespace;
        if (await objects.ConfigMapAsync(ns, name, cancellationToken) is not { } map)
        {
            return optional ? [] : throw new VolumeException($"configmap \"{name}\" not found");
        }

        Dictionary<string, ReadOnlyMemory<byte>> data = [];
        foreach (var (key, value) in map.Data)
        {
            data[key] = Encoding.UTF8.GetBytes(value);
        }

        foreach (var (key, value) in map.BinaryData)
        {
            data[key] = value.Memory;
        }

        return Select(data, items, mode, optional, "configmap references non-existent config key: ");
    }

    public async Task<List<PayloadFile>> SecretAsync(Pod pod, string name, RepeatedField<KeyToPath> items, int? mode, bool optional, CancellationToken cancellationToken)
    {
        if (await objects.SecretAsync(pod.Metadata.Namespace, name, cancellationToken) is not { } secret)
        {
            return optional ? [] : throw new VolumeException($"secret \"{name}\" not found");
        }

        return Select(secret.Data.ToDictionary(d => d.Key, d => d.Value.Memory), items, mode, optional, "references non-existent secret key: ");
    }

    public static List<PayloadFile> DownwardApi(Pod pod, IEnumerable<DownwardAPIVolumeFile> items, int? mode, DownwardFields fields) =>
    [
        .. items.Select(item => new PayloadFile(
            item.Path,
            Encoding.UTF8.GetBytes(item.FieldRef is { } field ? fields.Field(pod, field.FieldPath) : fields.Resource(pod, item.ResourceFieldRef, itself: null)),
            item.HasMode ? item.Mode : mode ?? DefaultMode)),
    ];

    public async Task<List<PayloadFile>> ProjectedAsync(Pod pod, ProjectedVolumeSource source, DownwardFields fields, CancellationToken cancellationToken)
    {
        int? mode = source.HasDefaultMode ? source.DefaultMode : null;
        List<PayloadFile> files = [];
        foreach (var part in source.Sources)
        {
            if (part.ConfigMap is { } map)
            {
                files.AddRange(await ConfigMapAsync(pod, map.LocalObjectReference.Name, map.Items, mode, map.Optional, cancellationToken));
            }
            else if (part.Secret is { } secret)
            {
                files.AddRange(await SecretAsync(pod, secret.LocalObjectReference.Name, secret.Items, mode, secret.Optional, cancellationToken));
            }
            else if (part.DownwardAPI is { } downward)
            {
                files.AddRange(DownwardApi(pod, downward.Items, mode, fields));
            }
            else if (part.ServiceAccountToken is { } token)
            {
                var text = await tokens.GetAsync(pod, token, cancellationToken);

                // Readable by the one user that the pod runs as, else by its group, else by nobody but root.
                var (fileMode, owner) = TokenAccess(pod, mode);
                files.Add(new PayloadFile(token.Path, Encoding.UTF8.GetBytes(text), fileMode, owner));
            }
            else if (part.ClusterTrustBundle is { } bundle)
            {
                var anchors = TrustAnchors.Select(await objects.TrustBundlesAsync(cancellationToken), bundle);
                files.Add(new PayloadFile(bundle.Path, Encoding.UTF8.GetBytes(anchors), mode ?? DefaultMode));
            }
            else
            {
                throw new VolumeException(part.PodCertificate is not null ? "this kubelet does not support projected pod certificates" : "the projected volume has a source without a kind");
            }
        }

        // Of two that claim a path the later wins, as upstream has it.
        return [.. files.GroupBy(f => f.Path).Select(g => g.Last())];
    }

    private static (int Mode, int? Owner) TokenAccess(Pod pod, int? mode)
    {
        if (pod.Spec.SecurityContext is { HasFsGroup: true })
        {
            return (0b110_000_000, null);
        }

        var users = pod.Spec.InitContainers.Concat(pod.Spec.Containers)
            .Select(c => c.SecurityContext is { HasRunAsUser: true } own ? own.RunAsUser : pod.Spec.SecurityContext is { HasRunAsUser: true } common ? common.RunAsUser : (long?)null)
            .Distinct()
            .ToList();
        return users is [{ } only] ? (0b110_000_000, (int)only) : (mode ?? DefaultMode, null);
    }

    private static List<PayloadFile> Select(Dictionary<string, ReadOnlyMemory<byte>> data, RepeatedField<KeyToPath> items, int? mode, bool optional, string missing)
    {
        if (items.Count == 0)
        {
            return [.. data.Select(d => new PayloadFile(d.Key, d.Value, mode ?? DefaultMode))];
        }

        List<PayloadFile> files = [];
        foreach (var item in items)
        {
            if (data.TryGetValue(item.Key, out var content))
            {
                files.Add(new PayloadFile(item.Path, content, item.HasMode ? item.Mode : mode ?? DefaultMode));
            }
            else if (!optional)
            {
                throw new VolumeException(missing + item.Key);
            }
        }

        return files;
    }
}
