using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Events;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Metrics;
using V1Node = NodeAgent.KubeApi.Core.V1.Node;

namespace NodeAgent.Kubelet.Node;

/// <summary>Registers the node, repairs what differs, and keeps its status up to date.</summary>
internal sealed partial class NodeReporter(IKubeClient client, OwnNode own, KubeletSettings settings, NodeStatusSetters setters, RuntimeHealth health, IEventRecorder events, TimeProvider time, ILogger<NodeReporter> logger)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(7);

    /// <summary>Told how the node comes up; null when nobody asks.</summary>
    public NodeStartupMetrics? Startup { get; init; }

    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly TaskCompletionSource<V1Node> _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _lastReport;

    public async Task<string> UidAsync(CancellationToken cancellationToken) => (await _registered.Task.WaitAsync(cancellationToken)).Metadata.Uid;

    public ObjectReference Reference => new() { Kind = "Node", Name = settings.NodeName, Uid = own.Newest?.Metadata.Uid ?? settings.NodeName };

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RegisterAsync(cancellationToken);
        health.Changed += Wake;
        var retry = FirstRetry;
        var failing = false;
        while (true)
        {
            var wait = settings.Config.NodeStatusUpdateFrequency;
            try
            {
                await ReportAsync(cancellationToken);
                (retry, failing) = (FirstRetry, false);
            }
            catch (KubeApiException e) when (e.IsNotFound && settings.Config.RegisterNode)
            {
                LogGone(settings.NodeName);
                await RegisterAsync(cancellationToken);
                continue;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                if (!failing)
                {
                    LogFailed(e.Message);
                }

                (wait, failing) = (retry, true);
                retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
            }

            await _changed.WaitAsync(wait, cancellationToken);
        }
    }

    /// <summary>Something that the status tells has changed: it is written at once.</summary>
    public void Wake()
    {
        try
        {
            _changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // Awake already.
        }
    }

    private async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var waited = false;
        Startup?.Registering();
        for (var retry = FirstRetry; ; retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry)
        {
            try
            {
                var node = own.Take(settings.Config.RegisterNode ? await CreateOrRepairAsync(cancellationToken) : await client.GetAsync(KubeApi.Resources.Nodes, null, settings.NodeName, cancellationToken));
                LogRegistered(settings.NodeName);
                if (_registered.TrySetResult(node))
                {
                    events.Record(Reference, EventType.Normal, "Starting", "Starting kubelet.");
                }

                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                if (!waited)
                {
                    LogNotRegistered(settings.NodeName, e.Message);
                }

                waited = true;
                await Task.Delay(retry, time, cancellationToken);
            }
        }
    }

    private async Task<V1Node> CreateOrRepairAsync(CancellationToken cancellationToken)
    {
        var wanted = new V1Node
        {
            Metadata = new ObjectMeta { Name = settings.NodeName },
            Spec = new NodeSpec(),
            Status = new NodeStatus(),
        };
        SetLabels(wanted.Metadata);
        wanted.Metadata.Annotations["volumes.kubernetes.io/controller-managed-attach-detach"] = "true";
        wanted.Spec.Taints.AddRange(settings.Config.RegisterWithTaints.Select(t => new Taint { Key = t.Key, Value = t.Value, Effect = t.Effect }));
        if (settings.Config.ProviderId.Length > 0)
        {
            wanted.Spec.ProviderID = settings.Config.ProviderId;
        }

        await setters.ApplyAsync(wanted.Status, cancellationToken);
        await DeclareAsync(wanted.Status, cancellationToken);
        try
        {
            var created = await client.CreateAsync(KubeApi.Resources.Nodes, wanted, cancellationToken);
            Startup?.Registered();
            return created;
        }
        catch (KubeApiException e) when (e.IsAlreadyExists)
        {
            return await RepairAsync(cancellationToken);
        }
    }

    /// <summary>A node of this name is known already: what this kubelet says of it is put right, the rest is left alone.</summary>
    private async Task<V1Node> RepairAsync(CancellationToken cancellationToken)
    {
        var known = await client.GetAsync(KubeApi.Resources.Nodes, null, settings.NodeName, cancellationToken);
        var repaired = known.Clone();
        SetLabels(repaired.Metadata);
        repaired.Metadata.Annotations["volumes.kubernetes.io/controller-managed-attach-detach"] = "true";
        if (settings.Config.ProviderId.Length > 0 && repaired.Spec.ProviderID.Length == 0)
        {
            repaired.Spec.ProviderID = settings.Config.ProviderId;
        }

        return repaired.Equals(known) ? known : await client.UpdateAsync(KubeApi.Resources.Nodes, repaired, cancellationToken);
    }

    private async Task DeclareAsync(NodeStatus status, CancellationToken cancellationToken)
    {
        var isOn = FeatureGates.IsOn(settings.Config.FeatureGates, FeatureGates.UserNamespacesOnHostNetwork);
        bool? withUsers = health.Status is { } runtime ? isOn && runtime.Features?.UserNamespacesHostNetwork == true : null;
        DeclaredFeatures.Set(status, await client.DiscoverAsync(cancellationToken), withUsers);
    }

    private void SetLabels(ObjectMeta metadata)
    {
        var arch = Host.HostInfo.Read().Architecture;
        metadata.Labels["kubernetes.io/hostname"] = settings.NodeName;
        metadata.Labels["kubernetes.io/os"] = "linux";
        metadata.Labels["kubernetes.io/arch"] = arch;
        metadata.Labels["beta.kubernetes.io/os"] = "linux";
        metadata.Labels["beta.kubernetes.io/arch"] = arch;
        foreach (var (key, value) in settings.NodeLabels)
        {
            metadata.Labels[key] = value;
        }
    }

    /// <summary>Writes the status when it has changed, and else now and then: the lease is the heartbeat.</summary>
    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        var known = own.Newest!;
        var node = known.Clone();
        node.Status ??= new NodeStatus();
        await setters.ApplyAsync(node.Status, cancellationToken);
        await DeclareAsync(node.Status, cancellationToken);
        var isDue = _lastReport is not { } last || time.GetElapsedTime(last) >= settings.Config.NodeStatusReportFrequency;
        if (!isDue && SameButHeartbeats(known.Status, node.Status))
        {
            return;
        }

        TellConditions(known.Status, node.Status);
        var patch = NodeStatusPatch.Between(known.Status ?? new NodeStatus(), node.Status);
        own.Take(await client.PatchAsync(KubeApi.Resources.Nodes, null, settings.NodeName, PatchType.StrategicMerge, patch, cancellationToken, "status"));
        _lastReport = time.GetTimestamp();
        if (node.Status.Conditions.Any(c => c is { Type: NodeConditions.Ready, Status: "True" }))
        {
            Startup?.Ready();
        }
    }

    private void TellConditions(NodeStatus? before, NodeStatus after)
    {
        foreach (var reason in NodeConditions.Changes(before, after))
        {
            events.Record(Reference, EventType.Normal, reason, $"Node {settings.NodeName} status is now: {reason}");
        }
    }

    private static bool SameButHeartbeats(NodeStatus? before, NodeStatus after)
    {
        if (before is null)
        {
            return false;
        }

        var (left, right) = (before.Clone(), after.Clone());
        foreach (var condition in left.Conditions.Concat(right.Conditions))
        {
            condition.LastHeartbeatTime = null;
        }

        return left.Equals(right);
    }

    [LoggerMessage(1, LogLevel.Information, "Node {Node} is registered with the API server")]
    private partial void LogRegistered(string node);

    [LoggerMessage(2, LogLevel.Warning, "Node {Node} cannot be registered with the API server yet and is tried again: {Error}")]
    private partial void LogNotRegistered(string node, string error);

    [LoggerMessage(3, LogLevel.Warning, "Writing the node's status failed and is tried again: {Error}")]
    private partial void LogFailed(string error);

    [LoggerMessage(4, LogLevel.Warning, "Node {Node} is gone from the API server: it is registered again")]
    private partial void LogGone(string node);
}
