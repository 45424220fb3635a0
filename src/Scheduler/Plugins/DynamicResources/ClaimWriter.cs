using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Resource.V1;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>Writes to a claim which devices it has and which pod uses it. Whoever changed the claim meanwhile makes the write fail.</summary>
internal sealed partial class ClaimWriter(IKubeClient client, TimeProvider time, ILogger<ClaimWriter> logger)
{
    /// <summary>Keeps the claim until its devices are given back.</summary>
    private const string Finalizer = "resource.kubernetes.io/delete-protection";

    /// <param name="allocation">Null for a claim that has its devices.</param>
    public async Task WriteAsync(ResourceClaim claim, AllocationResult? allocation, PodInfo pod, CancellationToken cancellationToken)
    {
        var version = claim.Metadata.ResourceVersion;
        if (allocation is not null && !claim.Metadata.Finalizers.Contains(Finalizer))
        {
            var finalizers = new JsonArray([.. claim.Metadata.Finalizers.Append(Finalizer).Select(f => JsonValue.Create(f))]);
            version = (await PatchAsync(claim, new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version, ["finalizers"] = finalizers } }, null, cancellationToken)).Metadata.ResourceVersion;
        }

        var consumers = new JsonArray([.. (claim.Status?.ReservedFor ?? []).Select(r => KubeJson.ToNode(r)), new JsonObject { ["resource"] = "pods", ["name"] = pod.Name, ["uid"] = pod.Uid }]);
        var status = new JsonObject { ["reservedFor"] = consumers };
        if (allocation is not null)
        {
            var written = allocation.Clone();
            written.AllocationTimestamp = KubeApi.Meta.V1.Time.From(time.GetUtcNow());
            status["allocation"] = KubeJson.ToNode(written);
        }

        await PatchAsync(claim, new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version }, ["status"] = status }, "status", cancellationToken);
    }

    /// <summary>Takes the devices away from a claim that nobody uses, beside the decision loop; the claim's change wakes who waits for it.</summary>
    public void StartDeallocating(ResourceClaim claim) => _ = Task.Run(async () =>
    {
        try
        {
            var status = new JsonObject { ["allocation"] = null, ["reservedFor"] = null, ["devices"] = null };
            await PatchAsync(claim, new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = claim.Metadata.ResourceVersion }, ["status"] = status }, "status", CancellationToken.None);
        }
        catch (Exception e)
        {
            LogNotDeallocated(e, claim.Metadata.Namespace, claim.Metadata.Name);
        }
    });

    [LoggerMessage(EventId = 4050, Level = LogLevel.Warning, Message = "The devices of resource claim {Namespace}/{Name}, which nobody uses, could not be given back; its pod tries again")]
    private partial void LogNotDeallocated(Exception exception, string @namespace, string name);

    private Task<ResourceClaim> PatchAsync(ResourceClaim claim, JsonObject body, string? subresource, CancellationToken cancellationToken) =>
        client.PatchAsync(Resources.ResourceClaims, claim.Metadata.Namespace, claim.Metadata.Name, PatchType.Merge, Encoding.UTF8.GetBytes(KubeJson.ToText(body)), cancellationToken, subresource);
}
