using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf.Collections;
using NodeAgent.ContainerRuntime;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Events;
using NodeAgent.KubeApi.Storage.V1;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Schemas.Csi;
using Rpc = NodeAgent.Kubelet.Schemas.Csi.NodeServiceCapability.Types.RPC.Types.Type;

namespace NodeAgent.Kubelet.Volumes.Csi;

/// <summary>Volumes of CSI drivers: attached by the control plane, staged once on this node, published for each pod.</summary>
internal sealed class CsiPlugin(CsiDrivers drivers, CsiPaths paths, IReferencedObjects objects, IKubeClient? client, ServiceAccountTokens tokens, IEventRecorder events, string nodeName) : IVolumePlugin
{
    public const string PluginName = "kubernetes.io/csi";

    private const string Storage = "storage";

    /// <summary>One change of a volume on this node at a time.</summary>
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new();

    /// <summary>What this process has staged and published; a process that starts anew asks again, which drivers have to bear.</summary>
    private readonly ConcurrentDictionary<string, bool> _staged = new();
    private readonly ConcurrentDictionary<string, bool> _published = new();
    private readonly ConcurrentDictionary<string, long> _expanded = new();

    public string Name => PluginName;

    public bool Supports(VolumeSpec spec) => spec.Persistent is null ? spec.Source.Csi is not null : spec.PersistentSource?.Csi is not null;

    public async Task<ReadyVolume> SetUpAsync(VolumeContext context, CancellationToken cancellationToken)
    {
        var volume = CsiVolume.Of(context.Pod, context.Spec)!;
        try
        {
            var node = drivers.Get(volume.Driver);
            var driver = await objects.FindAsync(KubeApi.Resources.CSIDrivers, null, volume.Driver, cancellationToken);
            if (volume.IsInline && driver?.Spec.VolumeLifecycleModes.Contains("Ephemeral") != true)
            {
                throw new VolumeException($"volume mode \"Ephemeral\" not supported by driver {volume.Driver} (no CSIDriver object says so)");
            }

            var target = paths.Target(context.Pod.Uid(), context.Spec.Name, volume.IsBlock);
            var republish = driver?.Spec.RequiresRepublish ?? false;
            if (!_published.ContainsKey(target) || republish)
            {
                await WithTurnAsync(volume.Driver, volume.Handle, () => MountAsync(context, volume, node, driver, target, cancellationToken), cancellationToken);
            }

            await ExpandAsync(context, volume, node, target, cancellationToken);
            return volume.IsBlock ? new ReadyVolume(LinkDevice(context, target), volume.IsReadOnly, IsBlock: true) : new ReadyVolume(target, volume.IsReadOnly);
        }
        catch (RuntimeException e)
        {
            throw new VolumeException(e.Message, e);
        }
    }

    public async Task TearDownAsync(PodUid pod, string name, string directory, CancellationToken cancellationToken)
    {
        var isBlock = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(directory))) == "volumeDevices";
        var target = paths.Target(pod, name, isBlock);
        var dataFolder = isBlock ? paths.BlockData(name) : directory;
        _published.TryRemove(target, out _);
        if (CsiData.Read(dataFolder) is { } data)
        {
            var (driver, handle) = (data[CsiData.Driver], data[CsiData.Handle]);
            await WithTurnAsync(driver, handle, () => UnmountAsync(driver, handle, target, name, isBlock, directory, data.GetValueOrDefault(CsiData.Lifecycle) == "Ephemeral", cancellationToken), cancellationToken);
        }
        else if (!isBlock)
        {
            Unmounting.AllBelow(directory);
        }
    }

    private async Task MountAsync(VolumeContext context, CsiVolume volume, CsiNode node, CSIDriver? driver, string target, CancellationToken cancellationToken)
    {
        var attachment = await AttachedAsync(context, volume, driver, cancellationToken);
        var multiWriter = await node.CanAsync(Rpc.SingleNodeMultiWriter, cancellationToken);
        var driverGroups = context.FsGroup is not null && await node.CanAsync(Rpc.VolumeMountGroup, cancellationToken);
        var capability = volume.Capability(multiWriter, driverGroups ? context.FsGroup : null);
        var source = context.Spec.PersistentSource?.Csi;
        var staging = "";
        if (!volume.IsInline && await node.CanAsync(Rpc.StageUnstageVolume, cancellationToken))
        {
            staging = paths.Staging(volume.Driver, volume.Handle, context.Spec.Name, volume.IsBlock);
            if (!_staged.ContainsKey(staging))
            {
                Directory.CreateDirectory(staging);
                CsiData.Write(volume.IsBlock ? paths.BlockData(context.Spec.Name) : Path.GetDirectoryName(staging)!, Data(volume, context.Spec.Name, attachment?.Metadata.Name));
                var request = new NodeStageVolumeRequest { VolumeId = volume.Handle, StagingTargetPath = staging, VolumeCapability = capability };
                request.PublishContext.Add(attachment?.Status.AttachmentMetadata ?? new MapField<string, string>());
                request.VolumeContext.Add(volume.Attributes);
                request.Secrets.Add(await SecretsAsync(source?.NodeStageSecretRef?.Namespace, source?.NodeStageSecretRef?.Name, cancellationToken));
                await node.StageAsync(request, cancellationToken);
                _staged[staging] = true;
            }
        }

        // Written first: whatever comes of the call, the next kubelet knows whom to ask to undo it.
        CsiData.Write(volume.IsBlock ? paths.BlockData(context.Spec.Name) : context.Directory, Data(volume, context.Spec.Name, attachment?.Metadata.Name));
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var publish = new NodePublishVolumeRequest { VolumeId = volume.Handle, StagingTargetPath = staging, TargetPath = target, VolumeCapability = capability, Readonly = volume.IsReadOnly };
        publish.PublishContext.Add(attachment?.Status.AttachmentMetadata ?? new MapField<string, string>());
        publish.VolumeContext.Add(volume.Attributes);
        foreach (var (key, value) in await PodInfoAsync(context.Pod, volume, driver, cancellationToken))
        {
            publish.VolumeContext[key] = value;
        }

        publish.Secrets.Add(volume.IsInline
            ? await SecretsAsync(context.Pod.Metadata.Namespace, context.Spec.Source.Csi.NodePublishSecretRef?.Name, cancellationToken)
            : await SecretsAsync(source?.NodePublishSecretRef?.Namespace, source?.NodePublishSecretRef?.Name, cancellationToken));
        await node.PublishAsync(publish, cancellationToken);
        if (!driverGroups && volume.TakesGroup(driver?.Spec.FsGroupPolicy ?? "") && !_published.ContainsKey(target))
        {
            VolumeOwnership.Apply(target, context.FsGroup, onRootMismatch: context.OnRootMismatchOnly);
        }

        _published[target] = true;
    }

    private async Task UnmountAsync(string driver, string handle, string target, string name, bool isBlock, string directory, bool isInline, CancellationToken cancellationToken)
    {
        var node = drivers.Get(driver);
        try
        {
            await node.UnpublishAsync(new NodeUnpublishVolumeRequest { VolumeId = handle, TargetPath = target }, cancellationToken);
            Unmounting.AllBelow(target);
            if (isBlock)
            {
                File.Delete(target);
                File.Delete(directory);
            }
            else
            {
                Unmounting.RemoveTree(directory);
            }

            if (isInline || paths.IsUsed(driver, handle, name, isBlock) || !await node.CanAsync(Rpc.StageUnstageVolume, cancellationToken))
            {
                return;
            }

            var staging = paths.Staging(driver, handle, name, isBlock);
            await node.UnstageAsync(new NodeUnstageVolumeRequest { VolumeId = handle, StagingTargetPath = staging }, cancellationToken);
            _staged.TryRemove(staging, out _);
            _expanded.TryRemove(handle, out _);
            Unmounting.AllBelow(staging);
            Unmounting.RemoveTree(isBlock ? staging : Path.GetDirectoryName(staging)!);
            if (isBlock)
            {
                Unmounting.RemoveTree(Path.GetDirectoryName(paths.BlockData(name))!);
            }
        }
        catch (RuntimeException e)
        {
            throw new VolumeException(e.Message, e);
        }
    }

    /// <summary>Waits, by failing until then, for the control plane to attach the volume to this node.</summary>
    private async Task<VolumeAttachment?> AttachedAsync(VolumeContext context, CsiVolume volume, CSIDriver? driver, CancellationToken cancellationToken)
    {
        if (volume.IsInline || driver is { Spec: { HasAttachRequired: true, AttachRequired: false } })
        {
            return null;
        }

        var name = CsiVolume.AttachmentName(volume.Handle, volume.Driver, nodeName);
        var attachment = await objects.FindAsync(KubeApi.Resources.VolumeAttachments, null, name, cancellationToken);
        if (attachment?.Status is { Attached: true })
        {
            return attachment;
        }

        var why = attachment?.Status?.AttachError is { } error ? $"volume attachment {name} has the error: {error.Message}" : attachment is null ? $"there is no volume attachment {name} yet" : $"volume attachment {name} is not attached yet";
        throw new VolumeException($"MountVolume.WaitForAttach failed for volume \"{context.Spec.Name}\" : {why}") { IsWhole = true };
    }

    private async Task ExpandAsync(VolumeContext context, CsiVolume volume, CsiNode node, string target, CancellationToken cancellationToken)
    {
        if (context.Spec is not { Persistent: { } persistent, Claim: { } claim }
            || !persistent.Spec.Capacity.TryGetValue(Storage, out var wanted)
            || claim.Status?.Capacity.TryGetValue(Storage, out var has) != true
            || wanted.Value <= has!.Value
            || (_expanded.TryGetValue(volume.Handle, out var done) && done >= wanted.Value)
            || !await node.CanAsync(Rpc.ExpandVolume, cancellationToken))
        {
            return;
        }

        var request = new NodeExpandVolumeRequest
        {
            VolumeId = volume.Handle,
            VolumePath = target,
            StagingTargetPath = await node.CanAsync(Rpc.StageUnstageVolume, cancellationToken) ? paths.Staging(volume.Driver, volume.Handle, context.Spec.Name, volume.IsBlock) : "",
            CapacityRange = new CapacityRange { RequiredBytes = wanted.Value },
            VolumeCapability = volume.Capability(await node.CanAsync(Rpc.SingleNodeMultiWriter, cancellationToken), null),
        };
        try
        {
            await node.ExpandAsync(request, cancellationToken);
        }
        catch (RuntimeException e)
        {
            events.Record(context.Pod.Reference(), EventType.Warning, "VolumeResizeFailed", $"NodeExpandVolume.NodeExpandVolume failed for volume \"{context.Spec.Name}\" : {e.Message}");
            return;
        }

        _expanded[volume.Handle] = wanted.Value;
        events.Record(context.Pod.Reference(), EventType.Normal, "FileSystemResizeSuccessful", $"MountVolume.NodeExpandVolume succeeded for volume \"{context.Spec.Name}\" {nodeName}");
        if (client is not null)
        {
            var conditions = new JsonArray();
            foreach (var left in claim.Status.Conditions.Where(c => c.Type is not ("FileSystemResizePending" or "Resizing")))
            {
                conditions.Add((JsonNode)KubeApi.Manifests.KubeJson.ToNode(left));
            }

            var patch = new JsonObject { ["status"] = new JsonObject { ["capacity"] = new JsonObject { [Storage] = wanted.String }, ["conditions"] = conditions } };
            await client.PatchAsync(KubeApi.Resources.PersistentVolumeClaims, claim.Metadata.Namespace, claim.Metadata.Name, PatchType.Merge, Encoding.UTF8.GetBytes(patch.ToJsonString()), cancellationToken, "status");
        }
    }

    private async Task<Dictionary<string, string>> PodInfoAsync(Pod pod, CsiVolume volume, CSIDriver? driver, CancellationToken cancellationToken)
    {
        const string Prefix = "csi.storage.k8s.io/";
        Dictionary<string, string> info = [];
        if (driver?.Spec.PodInfoOnMount ?? false)
        {
            info[Prefix + "pod.name"] = pod.Metadata.Name;
            info[Prefix + "pod.namespace"] = pod.Metadata.Namespace;
            info[Prefix + "pod.uid"] = pod.Metadata.Uid;
            info[Prefix + "serviceAccount.name"] = pod.Spec.ServiceAccountName;
            info[Prefix + "ephemeral"] = volume.IsInline ? "true" : "false";
        }

        if (driver?.Spec.TokenRequests is { Count: > 0 } requests)
        {
            var all = new JsonObject();
            foreach (var request in requests)
            {
                var projection = new ServiceAccountTokenProjection { Audience = request.Audience };
                projection.ExpirationSeconds = request.HasExpirationSeconds ? request.ExpirationSeconds : 3600;
                var (token, expires) = await tokens.GetWithExpiryAsync(pod, projection, cancellationToken);
                all[request.Audience] = new JsonObject { ["token"] = token, ["expirationTimestamp"] = expires.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture) };
            }

            info[Prefix + "serviceAccount.tokens"] = all.ToJsonString();
        }

        return info;
    }

    private async Task<Dictionary<string, string>> SecretsAsync(string? ns, string? name, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(name))
        {
            return [];
        }

        var secret = await objects.FindAsync(KubeApi.Resources.Secrets, ns, name, cancellationToken) ?? throw new VolumeException($"fetching secret {ns}/{name} failed: secrets \"{name}\" not found");
        return secret.Data.ToDictionary(d => d.Key, d => d.Value.ToStringUtf8());
    }

    private string LinkDevice(VolumeContext context, string target)
    {
        var link = paths.DeviceLink(context.Pod.Uid(), context.Spec.Name);
        if (new FileInfo(link).LinkTarget != target)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            File.Delete(link);
            File.CreateSymbolicLink(link, target);
        }

        return link;
    }

    private Dictionary<string, string> Data(CsiVolume volume, string name, string? attachment) => new()
    {
        ["specVolID"] = name,
        [CsiData.Handle] = volume.Handle,
        [CsiData.Driver] = volume.Driver,
        ["nodeName"] = nodeName,
        ["attachmentID"] = attachment ?? CsiVolume.AttachmentName(volume.Handle, volume.Driver, nodeName),
        [CsiData.Lifecycle] = volume.IsInline ? "Ephemeral" : "Persistent",
    };

    private async Task WithTurnAsync(string driver, string handle, Func<Task> work, CancellationToken cancellationToken)
    {
        var turn = _turns.GetOrAdd($"{driver}^{handle}", _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancellationToken);
        try
        {
            await work();
        }
        finally
        {
            turn.Release();
        }
    }
}
