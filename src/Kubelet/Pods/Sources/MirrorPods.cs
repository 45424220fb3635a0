using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Pods.Sources;

/// <summary>
/// Shows static pods in the API: for each one mirror pod, made anew when somebody deletes it, replaced when the manifest
/// changes, deleted when the static pod is gone.
/// </summary>
internal sealed partial class MirrorPods(IKubeClient client, string nodeName, StatusWriter statuses, ILogger<MirrorPods> logger)
{
    private static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Pod> _mirrors = new();
    private readonly SemaphoreSlim _changed = new(0, 1);
    private StaticPodSet? _statics;

    public void Seen(Pod mirror)
    {
        _mirrors[mirror.FullName()] = mirror;
        if (mirror.Metadata.DeletionTimestamp is null)
        {
            statuses.Observe(new PodUid(mirror.Metadata.Annotations[PodSpecs.MirrorAnnotation]), mirror);
        }

        Look();
    }

    public void Gone(Pod mirror)
    {
        if (_mirrors.TryGetValue(mirror.FullName(), out var known) && known.Metadata.Uid == mirror.Metadata.Uid)
        {
            _mirrors.TryRemove(mirror.FullName(), out _);
        }

        Look();
    }

    /// <param name="listed">Completes when the API server's pods have been listed: no mirror is made before.</param>
    /// <param name="nodeUid">The UID of the Node, which owns the mirror pods.</param>
    public async Task RunAsync(StaticPodSet statics, Task listed, Func<CancellationToken, Task<string>> nodeUid, CancellationToken cancellationToken)
    {
        _statics = statics;
        await listed.WaitAsync(cancellationToken);
        var owner = await nodeUid(cancellationToken);
        statics.Changed += Look;
        while (true)
        {
            var wait = LookAnyway;
            try
            {
                await ReconcileAsync(owner, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogFailed(e.Message);
                wait = RetryAfter;
            }

            await _changed.WaitAsync(wait, cancellationToken);
        }
    }

    /// <summary>Compares what there should be with what there is, soon.</summary>
    public void Look()
    {
        try
        {
            if (_changed.CurrentCount == 0)
            {
                _changed.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    private async Task ReconcileAsync(string owner, CancellationToken cancellationToken)
    {
        var wanted = _statics!.All.ToDictionary(p => p.FullName());
        foreach (var (name, mirror) in _mirrors)
        {
            if (!wanted.TryGetValue(name, out var pod) || mirror.Metadata.Annotations[PodSpecs.MirrorAnnotation] != pod.Metadata.Annotations[PodSpecs.HashAnnotation] || mirror.Metadata.DeletionTimestamp is not null)
            {
                await DeleteAsync(mirror, cancellationToken);
            }
            else
            {
                // The mirror of a pod that went and came back tells of the new one.
                statuses.Observe(pod.Uid(), mirror);
            }
        }

        foreach (var (name, pod) in wanted.Where(w => !_mirrors.ContainsKey(w.Key) && !_statics.IsStillEnding(w.Value)))
        {
            await CreateAsync(pod, owner, cancellationToken);
        }
    }

    private async Task CreateAsync(Pod pod, string owner, CancellationToken cancellationToken)
    {
        var mirror = pod.Clone();
        mirror.Metadata.Uid = "";
        mirror.Metadata.Annotations[PodSpecs.MirrorAnnotation] = pod.Metadata.Annotations[PodSpecs.HashAnnotation];
        mirror.Metadata.OwnerReferences.Add(new OwnerReference { ApiVersion = "v1", Kind = "Node", Name = nodeName, Uid = owner, Controller = true });
        mirror.Status = new PodStatus();
        try
        {
            Seen(await client.CreateAsync(KubeApi.Resources.Pods, mirror, cancellationToken));
        }
        catch (KubeApiException e) when (e.IsAlreadyExists)
        {
            // The watch will bring it.
        }
    }

    private async Task DeleteAsync(Pod mirror, CancellationToken cancellationToken)
    {
        try
        {
            await client.DeleteAsync(KubeApi.Resources.Pods, mirror.Metadata.Namespace, mirror.Metadata.Name, new DeleteRequest(TimeSpan.Zero, mirror.Metadata.Uid), cancellationToken);
        }
        catch (KubeApiException e) when (e.IsNotFound || e.IsConflict)
        {
            // Gone already.
        }

        _mirrors.TryRemove(mirror.FullName(), out _);
    }

    [LoggerMessage(1, LogLevel.Warning, "Showing static pods in the API failed and is tried again: {Error}")]
    private partial void LogFailed(string error);
}
