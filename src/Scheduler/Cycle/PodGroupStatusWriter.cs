using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Scheduling.V1Alpha2;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>Writes the condition PodGroupScheduled. One write per group at a time, in order.</summary>
internal sealed partial class PodGroupStatusWriter(IKubeClient client, TimeProvider time, ILogger<PodGroupStatusWriter> logger)
{
    private const string ConditionType = "PodGroupScheduled";

    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);

    /// <param name="group">As last seen; null when it is gone.</param>
    /// <param name="summary">Said beside the reason while the group waits.</param>
    /// <returns>The write; completes without an exception.</returns>
    public Task Write(PodGroup? group, GroupOutcome outcome, string summary, CancellationToken cancellationToken)
    {
        if (group is null || Body(group, outcome, summary) is not { } body)
        {
            return Task.CompletedTask;
        }

        var uid = group.Metadata.Uid;
        var task = WriteAsync(_running.GetValueOrDefault(uid, Task.CompletedTask), group, body, cancellationToken);
        _running[uid] = task;
        return RemoveWhenDoneAsync(uid, task);
    }

    /// <summary>The strategic merge patch; null when the group's status says that already, or that the group was scheduled before: later pods do not undo that.</summary>
    internal byte[]? Body(PodGroup group, GroupOutcome outcome, string summary)
    {
        var status = outcome.Status.IsSuccess ? "True" : "False";
        var reason = outcome.Status.IsSuccess ? "Scheduled" : outcome.Status.IsRejected ? "Unschedulable" : "SchedulerError";
        var message = outcome.Status.IsSuccess ? "" : outcome.Status.IsRejected ? $"{outcome.Status.Message}: {summary}" : outcome.Status.Message;
        var old = group.Status?.Conditions.FirstOrDefault(c => c.Type == ConditionType);
        if (old is not null && (old.Status == "True" && status == "False" || (old.Status, old.Reason, old.Message) == (status, reason, message)))
        {
            return null;
        }

        var since = old?.Status == status && old.LastTransitionTime is { } then ? then : Time.From(time.GetUtcNow());
        var condition = new Dictionary<string, object>
        {
            ["type"] = ConditionType,
            ["status"] = status,
            ["reason"] = reason,
            ["message"] = message,
            ["lastTransitionTime"] = since.ToRfc3339(),
            ["observedGeneration"] = group.Metadata.Generation,
        };
        return JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["metadata"] = new Dictionary<string, object> { ["uid"] = group.Metadata.Uid },
            ["status"] = new Dictionary<string, object> { ["conditions"] = new[] { condition } },
        });
    }

    private async Task WriteAsync(Task before, PodGroup group, byte[] body, CancellationToken cancellationToken)
    {
        await before;
        try
        {
            await client.PatchAsync(Resources.PodGroups, group.Metadata.Namespace, group.Metadata.Name, PatchType.StrategicMerge, body, cancellationToken, "status");
        }
        catch (KubeApiException e) when (e.IsNotFound || e.IsConflict)
        {
            // The group is gone, or another one has its name now.
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            LogWriteFailed(e, group.Metadata.Namespace, group.Metadata.Name);
        }
    }

    private async Task RemoveWhenDoneAsync(string uid, Task task)
    {
        await task;
        _running.TryRemove(KeyValuePair.Create(uid, task));
    }

    [LoggerMessage(EventId = 4015, Level = LogLevel.Warning, Message = "The status of pod group {Namespace}/{Name} could not be written; the next attempt writes it again")]
    private partial void LogWriteFailed(Exception exception, string @namespace, string name);
}
