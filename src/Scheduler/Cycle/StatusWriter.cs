using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Objects;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>Writes the PodScheduled condition and the nominated node of pods that found no node. One write per pod at a time, in order.</summary>
internal sealed partial class StatusWriter(IKubeClient client, TimeProvider time, ILogger<StatusWriter> logger)
{
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);

    /// <summary>Completes when nothing is being written for the pod: a late "not scheduled" must not follow a binding.</summary>
    public Task WhenIdle(string uid) => _running.TryGetValue(uid, out var task) ? task : Task.CompletedTask;

    /// <param name="nominatedNodeName">Null to leave it as it is.</param>
    /// <returns>The write; completes without an exception.</returns>
    public Task WriteUnscheduled(PodInfo pod, string reason, string message, string? nominatedNodeName, CancellationToken cancellationToken)
    {
        var body = Body(pod.Pod, reason, message, nominatedNodeName);
        if (body is null)
        {
            return Task.CompletedTask;
        }

        var before = WhenIdle(pod.Uid);
        var task = WriteAsync(before, pod, body, cancellationToken);
        _running[pod.Uid] = task;
        return RemoveWhenDoneAsync(pod.Uid, task);
    }

    /// <summary>The strategic merge patch; null when the pod's status says all that already.</summary>
    internal byte[]? Body(Pod pod, string reason, string message, string? nominatedNodeName)
    {
        var old = pod.GetCondition("PodScheduled");
        var isConditionSame = old is not null && old.Status == "False" && old.Reason == reason && old.Message == message;
        var isNodeSame = nominatedNodeName is null || nominatedNodeName == pod.Status.NominatedNodeName;
        if (isConditionSame && isNodeSame)
        {
            return null;
        }

        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteString("uid", pod.Metadata.Uid);
            json.WriteEndObject();
            json.WriteStartObject("status");
            if (!isNodeSame)
            {
                WriteNode(json, nominatedNodeName!);
            }

            if (!isConditionSame)
            {
                WriteCondition(json, pod, old, reason, message);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteNode(Utf8JsonWriter json, string name)
    {
        if (name.Length == 0)
        {
            json.WriteNull("nominatedNodeName");
        }
        else
        {
            json.WriteString("nominatedNodeName", name);
        }
    }

    private void WriteCondition(Utf8JsonWriter json, Pod pod, PodCondition? old, string reason, string message)
    {
        var since = old is { Status: "False", LastTransitionTime: not null } ? old.LastTransitionTime : KubeApi.Meta.V1.Time.From(time.GetUtcNow());
        json.WriteStartArray("conditions");
        json.WriteStartObject();
        json.WriteString("type", "PodScheduled");
        json.WriteString("status", "False");
        json.WriteString("reason", reason);
        json.WriteString("message", message);
        json.WriteNull("lastProbeTime");
        json.WriteString("lastTransitionTime", since.ToRfc3339());
        if (pod.Metadata.HasGeneration && pod.Metadata.Generation > 0)
        {
            json.WriteNumber("observedGeneration", pod.Metadata.Generation);
        }

        json.WriteEndObject();
        json.WriteEndArray();
    }

    private async Task WriteAsync(Task before, PodInfo pod, byte[] body, CancellationToken cancellationToken)
    {
        await before;
        try
        {
            await client.PatchAsync(Resources.Pods, pod.Namespace, pod.Name, PatchType.StrategicMerge, body, cancellationToken, "status");
        }
        catch (KubeApiException e) when (e.IsNotFound || e.IsConflict)
        {
            // The pod is gone, or another one has its name now.
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            LogWriteFailed(e, pod);
        }
    }

    private async Task RemoveWhenDoneAsync(string uid, Task task)
    {
        await task;
        _running.TryRemove(KeyValuePair.Create(uid, task));
    }

    [LoggerMessage(EventId = 4002, Level = LogLevel.Warning, Message = "The status of pod {Pod} could not be written; the next attempt writes it again")]
    private partial void LogWriteFailed(Exception exception, PodInfo pod);
}
