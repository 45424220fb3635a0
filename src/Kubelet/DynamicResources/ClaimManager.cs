using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Allocation;
using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Schemas.Dra;

namespace NodeAgent.Kubelet.DynamicResources;

/// <summary>Has the resource claims of pods prepared by their drivers before the pods start, and given back when the last pod that uses them has ended.</summary>
internal sealed partial class ClaimManager(DraDrivers drivers, IReferencedObjects objects, CheckpointFile checkpoint, TimeProvider time, ILogger<ClaimManager> logger) : IExtrasSource, IDisposable
{
    /// <summary>One change at a time: claims can be shared by pods.</summary>
    private readonly SemaphoreSlim _turn = new(1);
    private ImmutableSortedDictionary<string, PreparedClaim> _claims = ImmutableSortedDictionary.Create<string, PreparedClaim>(StringComparer.Ordinal);

    public ClaimMetrics? Metrics { get; set; }

    /// <summary>The claims in use.</summary>
    public IReadOnlyCollection<PreparedClaim> Claims => [.. Volatile.Read(ref _claims).Values];

    /// <summary>Reads what an earlier kubelet has left.</summary>
    /// <exception cref="InvalidDataException">It is damaged: what is prepared could never be given back.</exception>
    public void Start()
    {
        try
        {
            _claims = (checkpoint.Read() is { } file ? ClaimCheckpoint.Parse(file) : []).ToImmutableSortedDictionary(c => Key(c.Namespace, c.Name), c => c, StringComparer.Ordinal);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"the claims that pods use are not known, because {checkpoint.Path} cannot be used: {e.Message}; drain the node, remove the file and start the kubelet again", e);
        }
    }

    public void Dispose() => _turn.Dispose();

    public PreparedClaim? Find(string namespaceName, string claim) => Volatile.Read(ref _claims).GetValueOrDefault(Key(namespaceName, claim));

    /// <exception cref="ClaimException">Not now; it can be tried again.</exception>
    public Task PrepareAsync(Pod pod, CancellationToken cancellationToken) => pod.Spec.ResourceClaims.Count == 0
        ? Task.CompletedTask
        : DoAsync("PrepareResources", "prepare dynamic resources: ", () => PrepareNowAsync(pod, cancellationToken), cancellationToken);

    /// <exception cref="ClaimException">Not now; it has to be tried again before the pod counts as ended.</exception>
    public Task UnprepareAsync(Pod pod, CancellationToken cancellationToken) => !Claims.Any(c => c.Pods.Contains(pod.Metadata.Uid))
        ? Task.CompletedTask
        : DoAsync("UnprepareResources", "unprepare dynamic resources: ", () => UnprepareNowAsync(pod.Uid(), cancellationToken), cancellationToken);

    /// <summary>Gives back what pods use that are no more.</summary>
    public async Task CollectAsync(IReadOnlySet<PodUid> active, CancellationToken cancellationToken)
    {
        foreach (var pod in Claims.SelectMany(c => c.Pods).Distinct().Select(p => new PodUid(p)).Where(p => !active.Contains(p)).ToList())
        {
            try
            {
                await DoAsync("UnprepareResources", "", () => UnprepareNowAsync(pod, cancellationToken), cancellationToken);
            }
            catch (ClaimException e)
            {
                LogNotGivenBack(pod.Value, e.Message);
            }
        }
    }

    public Task<ContainerExtras> ExtrasAsync(Pod pod, Container container, CancellationToken cancellationToken)
    {
        var ids = ImmutableArray.CreateBuilder<string>();
        try
        {
            foreach (var (name, request) in PodClaims.Of(pod, container))
            {
                var claim = Find(pod.Metadata.Namespace, name) ?? throw new AllocationException($"unable to get claim info for ResourceClaim {name} in namespace {pod.Metadata.Namespace}");
                ids.AddRange(claim.CdiIds(request));
            }
        }
        catch (ClaimException e)
        {
            throw new AllocationException(e.Message);
        }

        return Task.FromResult(ContainerExtras.Nothing with { CdiDevices = [.. ids.Distinct()] });
    }

    private static string Key(string namespaceName, string claim) => $"{namespaceName}/{claim}";

    private async Task DoAsync(string operation, string prefix, Func<Task> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        var started = time.GetTimestamp();
        var failed = true;
        try
        {
            await work();
            failed = false;
        }
        catch (Exception e) when (e is ClaimException or RuntimeException or IOException or KubeApi.Client.KubeApiException)
        {
            throw new ClaimException(prefix + e.Message, e);
        }
        finally
        {
            Metrics?.Done(operation, failed, time.GetElapsedTime(started));
            _turn.Release();
        }
    }

    private async Task PrepareNowAsync(Pod pod, CancellationToken cancellationToken)
    {
        List<PreparedClaim> wanted = [];
        foreach (var (_, name, isOwned) in PodClaims.Of(pod))
        {
            var claim = await objects.FindAsync(KubeApi.Resources.ResourceClaims, pod.Metadata.Namespace, name, cancellationToken)
                ?? throw new ClaimException($"fetch ResourceClaim {name}: resourceclaims.resource.k8s.io \"{name}\" not found");
            PodClaims.Check(pod, claim, isOwned);
            var known = Find(claim.Metadata.Namespace, name);
            if (known is not null && known.Uid != claim.Metadata.Uid)
            {
                throw new ClaimException($"old ResourceClaim with same name {name} and different UID {known.Uid} still exists (previous pod force-deleted?!)");
            }

            var entry = (known ?? PreparedClaim.Of(claim)).UsedBy(pod.Uid());
            foreach (var driver in entry.Drivers.Keys)
            {
                _ = drivers.Get(driver);
            }

            wanted.Add(entry);
        }

        // Written first: whatever comes of the calls, the next kubelet knows whom to ask to undo them.
        Save(_claims.SetItems(wanted.Select(w => KeyValuePair.Create(Key(w.Namespace, w.Name), w))));
        var open = wanted.Where(w => !w.IsPrepared).ToDictionary(w => w.Uid);
        foreach (var batch in open.Values.SelectMany(c => c.Drivers.Keys.Select(d => (Driver: d, Claim: c))).GroupBy(b => b.Driver).ToList())
        {
            var request = new NodePrepareResourcesRequest { Claims = { batch.Select(b => Message(b.Claim)) } };
            var answer = await drivers.Get(batch.Key).PrepareAsync(request, cancellationToken);
            foreach (var (uid, result) in answer.Claims)
            {
                Check("NodePrepareResources", uid, result.Error, open);
                open[uid] = open[uid] with { Drivers = open[uid].Drivers.SetItem(batch.Key, [.. result.Devices.Select(Prepared)]) };
            }

            CheckAll("NodePrepareResources", request.Claims.Count, answer.Claims.Count);
        }

        Save(_claims.SetItems(open.Values.Select(c => KeyValuePair.Create(Key(c.Namespace, c.Name), c with { IsPrepared = true }))));
    }

    private async Task UnprepareNowAsync(PodUid pod, CancellationToken cancellationToken)
    {
        var used = _claims.Values.Where(c => c.Pods.Contains(pod.Value)).ToList();
        var last = used.Where(c => c.Pods.Count == 1).ToDictionary(c => c.Uid);
        foreach (var batch in last.Values.SelectMany(c => c.Drivers.Keys.Select(d => (Driver: d, Claim: c))).GroupBy(b => b.Driver).ToList())
        {
            var request = new NodeUnprepareResourcesRequest { Claims = { batch.Select(b => Message(b.Claim)) } };
            var answer = await drivers.Get(batch.Key).UnprepareAsync(request, cancellationToken);
            foreach (var (uid, result) in answer.Claims)
            {
                Check("NodeUnprepareResources", uid, result.Error, last);
            }

            CheckAll("NodeUnprepareResources", request.Claims.Count, answer.Claims.Count);
        }

        Save(_claims
            .RemoveRange(last.Values.Select(c => Key(c.Namespace, c.Name)))
            .SetItems(used.Where(c => c.Pods.Count > 1).Select(c => KeyValuePair.Create(Key(c.Namespace, c.Name), c.NoLongerUsedBy(pod)))));
    }

    private static void Check(string call, string uid, string error, Dictionary<string, PreparedClaim> asked)
    {
        if (!asked.TryGetValue(uid, out var claim))
        {
            throw new ClaimException($"{call} returned result for unknown claim UID {uid}");
        }

        if (error.Length > 0)
        {
            throw new ClaimException($"{call} failed for ResourceClaim {claim.Name}: {error}");
        }
    }

    private static void CheckAll(string call, int asked, int answered)
    {
        if (answered < asked)
        {
            throw new ClaimException($"{call} skipped {asked - answered} ResourceClaims");
        }
    }

    private static Claim Message(PreparedClaim claim) => new() { Namespace = claim.Namespace, Name = claim.Name, Uid = claim.Uid };

    private static PreparedDevice Prepared(Device device) => new(device.PoolName, device.DeviceName, [.. device.RequestNames], [.. device.CdiDeviceIds], device.HasShareId ? device.ShareId : null);

    /// <exception cref="IOException">It cannot be written.</exception>
    private void Save(ImmutableSortedDictionary<string, PreparedClaim> claims)
    {
        checkpoint.Write(ClaimCheckpoint.ToJson(claims.Values));
        Volatile.Write(ref _claims, claims);
    }

    [LoggerMessage(1, LogLevel.Warning, "Claims of pod {Pod}, which is gone, are not given back yet: {Error}")]
    private partial void LogNotGivenBack(string pod, string error);
}
