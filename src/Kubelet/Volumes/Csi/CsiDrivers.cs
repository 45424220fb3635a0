using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Storage.V1;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Plugins;
using NodeAgent.Kubelet.Schemas.Csi;
using NodeAgent.Kubelet.Schemas.Registration;

namespace NodeAgent.Kubelet.Volumes.Csi;

/// <summary>The CSI drivers of this node: taken when they register, told of in the node's CSINode object.</summary>
/// <param name="nodeUid">The node's UID, known once the node is registered.</param>
internal sealed partial class CsiDrivers(IKubeClient? client, string nodeName, Func<CancellationToken, Task<string>> nodeUid, TimeProvider time, ILogger<CsiDrivers> logger, CsiMetrics? metrics = null) : IPluginHandler
{
    private readonly ConcurrentDictionary<string, CsiNode> _drivers = new();

    public string Type => "CSIPlugin";

    /// <exception cref="VolumeException">No such driver is registered.</exception>
    public CsiNode Get(string driver) => _drivers.TryGetValue(driver, out var node)
        ? node
        : throw new VolumeException($"kubernetes.io/csi: driver name {driver} not found in the list of registered CSI drivers");

    public async Task RegisterAsync(PluginInfo info, string endpoint, CancellationToken cancellationToken)
    {
        if (!info.SupportedVersions.Any(v => v.TrimStart('v').StartsWith("1.", StringComparison.Ordinal)))
        {
            throw new NotSupportedException($"CSI driver {info.Name} supports the versions {string.Join(", ", info.SupportedVersions)}; this kubelet needs 1.x");
        }

        var node = new CsiNode(info.Name, endpoint, metrics, time);
        try
        {
            var answer = await node.GetInfoAsync(cancellationToken);
            if (client is not null)
            {
                await TellAsync(client, info.Name, answer, cancellationToken);
            }
        }
        catch
        {
            node.Dispose();
            throw;
        }

        _drivers[info.Name] = node;
        LogRegistered(info.Name, endpoint);
    }

    public async Task DeregisterAsync(string name, CancellationToken cancellationToken)
    {
        if (!_drivers.TryRemove(name, out var node))
        {
            return;
        }

        node.Dispose();
        if (client is not null)
        {
            try
            {
                await RetryOnConflictAsync(() => ChangeAsync(client, drivers => drivers.RemoveAll(d => d.Name == name) > 0, cancellationToken), cancellationToken);
            }
            catch (KubeApiException e)
            {
                LogNotTold(name, e.Message);
            }
        }
    }

    private async Task TellAsync(IKubeClient api, string driver, NodeGetInfoResponse info, CancellationToken cancellationToken)
    {
        var entry = new CSINodeDriver { Name = driver, NodeID = info.NodeId };
        if (info.AccessibleTopology is { } topology)
        {
            entry.TopologyKeys.AddRange(topology.Segments.Keys.Order(StringComparer.Ordinal));
        }

        if (info.MaxVolumesPerNode > 0)
        {
            entry.Allocatable = new VolumeNodeResources { Count = (int)Math.Min(info.MaxVolumesPerNode, int.MaxValue) };
        }

        if (info.AccessibleTopology is { Segments.Count: > 0 } segments)
        {
            var labels = new JsonObject();
            foreach (var (key, value) in segments.Segments)
            {
                labels[key] = value;
            }

            var patch = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = labels } };
            await api.PatchAsync(KubeApi.Resources.Nodes, null, nodeName, PatchType.Merge, System.Text.Encoding.UTF8.GetBytes(patch.ToJsonString()), cancellationToken);
        }

        await RetryOnConflictAsync(() => ChangeAsync(api, drivers =>
        {
            if (drivers.FirstOrDefault(d => d.Name == driver) is { } old && old.Equals(entry))
            {
                return false;
            }

            drivers.RemoveAll(d => d.Name == driver);
            drivers.Add(entry);
            return true;
        }, cancellationToken), cancellationToken);
    }

    /// <param name="change">Returns whether there is anything to write.</param>
    private async Task ChangeAsync(IKubeClient api, Func<List<CSINodeDriver>, bool> change, CancellationToken cancellationToken)
    {
        CSINode? known = null;
        try
        {
            known = await api.GetAsync(KubeApi.Resources.CSINodes, null, nodeName, cancellationToken);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            // The first driver of this node.
        }

        List<CSINodeDriver> drivers = [.. known?.Spec?.Drivers ?? Enumerable.Empty<CSINodeDriver>()];
        if (!change(drivers))
        {
            return;
        }

        var wanted = known?.Clone() ?? new CSINode
        {
            Metadata = new ObjectMeta
            {
                Name = nodeName,
                OwnerReferences = { new OwnerReference { ApiVersion = "v1", Kind = "Node", Name = nodeName, Uid = await nodeUid(cancellationToken) } },
            },
        };
        wanted.Spec = new CSINodeSpec { Drivers = { drivers } };
        _ = known is null
            ? await api.CreateAsync(KubeApi.Resources.CSINodes, wanted, cancellationToken)
            : await api.UpdateAsync(KubeApi.Resources.CSINodes, wanted, cancellationToken);
    }

    private async Task RetryOnConflictAsync(Func<Task> write, CancellationToken cancellationToken)
    {
        const int Tries = 5;
        for (var i = 1; ; i++)
        {
            try
            {
                await write();
                return;
            }
            catch (KubeApiException e) when ((e.IsConflict || e.IsAlreadyExists) && i < Tries)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20 * i), time, cancellationToken);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "CSI driver {Driver} at {Socket} can be used by pods")]
    private partial void LogRegistered(string driver, string socket);

    [LoggerMessage(2, LogLevel.Warning, "CSI driver {Driver} is gone and still stands in the node's CSINode object: {Error}")]
    private partial void LogNotTold(string driver, string error);
}
