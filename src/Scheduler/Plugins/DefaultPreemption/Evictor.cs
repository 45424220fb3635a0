using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Events;
using NodeAgent.KubeApi.Objects;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>Makes victims leave, beside the decision loop: marks them, deletes them with their grace period, tells about it.</summary>
internal sealed partial class Evictor(IPluginHost host)
{
    private const string Message = "preempting to accommodate a higher priority pod";

    /// <summary>Old evictions are not looked for while there are fewer than this.</summary>
    private const int FewEvictions = 1_000;

    /// <summary>Victims that are told to leave at the same time: more than the API server works on at once only wait in it.</summary>
    private const int MaxAtOnce = 100;

    /// <summary>After that time its pod has been bound long since, or may look anew.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, byte> _preparing = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Eviction> _evictions = new(StringComparer.Ordinal);
    private readonly ILogger _logger = host.Loggers.CreateLogger<Evictor>();
    private readonly SemaphoreSlim _slots = new(MaxAtOnce);
    private int _forgetAt = FewEvictions;

    /// <summary>Called from any thread when the victims of a pod have been told to leave, whether that went well for all, and how long it took.</summary>
    public Action<PodInfo, IReadOnlyList<PodInfo>, bool, TimeSpan>? Prepared { get; set; }

    public DateTimeOffset Now => host.Time.GetUtcNow();

    /// <summary>Whether victims are still being told to leave for the pod: who would try it now would take it for one without room, and evict others.</summary>
    public bool IsPreparing(string uid) => _preparing.ContainsKey(uid);

    /// <summary>
    /// What was evicted for the pod last; null for nothing. As long as one of the victims is seen on its node, the pod has to wait and
    /// not evict others.
    /// </summary>
    public Eviction? EvictionFor(string uid) => _evictions.GetValueOrDefault(uid);

    public bool IsEvictedFor(string uid, string victim) => EvictionFor(uid) is { } eviction && eviction.Victims.Contains(victim);

    /// <param name="lowerNominated">Pods of lower priority that were to have the node; they have to look anew.</param>
    public void Start(PodInfo pod, string nodeName, IReadOnlyList<PodInfo> victims, IReadOnlyList<PodInfo> lowerNominated)
    {
        ForgetOld();
        _preparing[pod.Uid] = 0;
        _evictions[pod.Uid] = new Eviction(nodeName, victims.Select(v => v.Uid).ToHashSet(StringComparer.Ordinal), host.Time.GetTimestamp());
        foreach (var other in lowerNominated)
        {
            _evictions.TryRemove(other.Uid, out _);
        }

        _ = Task.Run(() => EvictAsync(pod, nodeName, victims, lowerNominated));
    }

    internal async Task EvictAsync(PodInfo pod, string nodeName, IReadOnlyList<PodInfo> victims, IReadOnlyList<PodInfo> lowerNominated)
    {
        var started = host.Time.GetTimestamp();
        var isDone = !(await Task.WhenAll(victims.Select(v => TryAsync(v, () => EndAsync(v, pod, nodeName))))).Contains(false);
        foreach (var other in lowerNominated)
        {
            await TryAsync(other, () => PatchAsync(other, Encoding.UTF8.GetBytes($$$"""{"metadata":{"uid":"{{{other.Uid}}}"},"status":{"nominatedNodeName":null}}""")));
        }

        if (!isDone)
        {
            _evictions.TryRemove(pod.Uid, out _);
        }

        _preparing.TryRemove(pod.Uid, out _);
        Prepared?.Invoke(pod, victims, isDone, host.Time.GetElapsedTime(started));
    }

    private async Task EndAsync(PodInfo victim, PodInfo pod, string nodeName)
    {
        await _slots.WaitAsync();
        try
        {
            await TellAsync(victim);
        }
        finally
        {
            _slots.Release();
        }

        LogPreempted(victim, pod, nodeName);
        host.Recorder.Record(victim.Pod.ToReference(), EventType.Normal, "Preempted", $"Preempted by pod {pod.Uid} on node {nodeName}", "Preempting", pod.Pod.ToReference());
    }

    private async Task TellAsync(PodInfo victim)
    {
        if (host.FindWaitingPod(victim.Uid) is { } waiting)
        {
            waiting.Reject(PluginNames.DefaultPreemption, "preempted");
        }
        else if (!victim.IsTerminating)
        {
            await PatchAsync(victim, Mark(victim));
            await host.Client.DeleteAsync(Resources.Pods, victim.Namespace, victim.Name, new DeleteRequest(Uid: victim.Uid), CancellationToken.None);
        }
    }

    private void ForgetOld()
    {
        if (_evictions.Count < _forgetAt)
        {
            return;
        }

        foreach (var (uid, eviction) in _evictions)
        {
            if (host.Time.GetElapsedTime(eviction.Started) > LongestWait)
            {
                _evictions.TryRemove(uid, out _);
            }
        }

        _forgetAt = Math.Max(FewEvictions, _evictions.Count * 2);
    }

    private Task PatchAsync(PodInfo pod, byte[] body) =>
        host.Client.PatchAsync(Resources.Pods, pod.Namespace, pod.Name, PatchType.StrategicMerge, body, CancellationToken.None, "status");

    /// <summary>The condition by which Jobs tell a preemption from a failure.</summary>
    private byte[] Mark(PodInfo victim)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteString("uid", victim.Uid);
            json.WriteEndObject();
            json.WriteStartObject("status");
            json.WriteStartArray("conditions");
            json.WriteStartObject();
            json.WriteString("type", "DisruptionTarget");
            json.WriteString("status", "True");
            json.WriteString("reason", "PreemptionByScheduler");
            json.WriteString("message", $"{host.ProfileName}: {Message}");
            json.WriteString("lastTransitionTime", KubeApi.Meta.V1.Time.From(host.Time.GetUtcNow()).ToRfc3339());
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <returns>False when the pod may still be there.</returns>
    private async Task<bool> TryAsync(PodInfo pod, Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (KubeApiException e) when (e.IsNotFound || e.IsConflict)
        {
            // It is gone already, or another one has its name now.
            return true;
        }
        catch (Exception e)
        {
            LogFailed(e, pod);
            return false;
        }
    }

    [LoggerMessage(EventId = 4100, Level = LogLevel.Information, Message = "Pod {Victim} is preempted by {Pod} on node {NodeName}")]
    private partial void LogPreempted(PodInfo victim, PodInfo pod, string nodeName);

    [LoggerMessage(EventId = 4101, Level = LogLevel.Error, Message = "Preempting pod {Pod} failed; the pod that needs its room tries again")]
    private partial void LogFailed(Exception exception, PodInfo pod);
}
