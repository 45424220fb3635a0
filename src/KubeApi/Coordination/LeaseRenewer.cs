using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Coordination.V1;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi.Coordination;

/// <summary>Creates a Lease and keeps renewing it: the heartbeat of a node.</summary>
/// <remarks>
/// The usual renewal is one write on top of the last answer. Only when that fails is the lease read again, and created when it is
/// gone. Failures never end the loop.
/// </remarks>
/// <param name="findOwner">The object whose deletion takes the lease along, such as the node; null while it cannot be told. Asked until it is known.</param>
/// <param name="onRepeatedFailure">Called from the second failed write of a renewal on; the kubelet closes its connections then.</param>
public sealed partial class LeaseRenewer(
    IKubeClient client,
    LeaseRenewerOptions options,
    Func<CancellationToken, Task<OwnerReference?>> findOwner,
    TimeProvider clock,
    Random random,
    ILogger<LeaseRenewer> logger,
    Action? onRepeatedFailure = null)
{
    private const int MaxUpdateRetries = 5;
    private const double Jitter = 0.04;
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(7);

    private Lease? _latest;
    private bool _failing;

    /// <summary>Renews until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (await RenewAsync(cancellationToken) && _failing)
                {
                    _failing = false;
                    LogRenewedAgain(options.Namespace, options.Name);
                }

                await Task.Delay(options.RenewInterval * (1 + Jitter * random.NextDouble()), clock, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private async Task<bool> RenewAsync(CancellationToken cancellationToken)
    {
        if (_latest is not null && await TryUpdateAsync(_latest, cancellationToken))
        {
            return true;
        }

        var (lease, isNew) = await EnsureAsync(cancellationToken);
        _latest = lease;
        return isNew || await TryUpdateAsync(lease, cancellationToken);
    }

    /// <summary>Reads the lease or creates it, with growing pauses, until that works.</summary>
    private async Task<(Lease Lease, bool IsNew)> EnsureAsync(CancellationToken cancellationToken)
    {
        for (var pause = FirstBackoff; ; pause = pause * 2 < MaxBackoff ? pause * 2 : MaxBackoff)
        {
            try
            {
                return (await client.GetAsync(Resources.Leases, options.Namespace, options.Name, cancellationToken), false);
            }
            catch (KubeApiException e) when (e.IsNotFound)
            {
                if (await TryCreateAsync(cancellationToken) is { } created)
                {
                    return (created, true);
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                Report(e);
            }

            await Task.Delay(pause, clock, cancellationToken);
        }
    }

    private async Task<Lease?> TryCreateAsync(CancellationToken cancellationToken)
    {
        try
        {
            var lease = await PrepareAsync(new Lease { Metadata = new ObjectMeta { Namespace = options.Namespace, Name = options.Name } }, cancellationToken);
            return lease is null ? null : await client.CreateAsync(Resources.Leases, lease, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Report(e);
            return null;
        }
    }

    private async Task<bool> TryUpdateAsync(Lease current, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxUpdateRetries; attempt++)
        {
            try
            {
                if (await PrepareAsync(current.Clone(), cancellationToken) is { } wanted)
                {
                    _latest = await client.UpdateAsync(Resources.Leases, wanted, cancellationToken);
                    return true;
                }
            }
            catch (KubeApiException e) when (e.IsConflict)
            {
                (current, _) = await EnsureAsync(cancellationToken);
                continue;
            }
            catch (KubeApiException e) when (e.IsNotFound)
            {
                return false;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                Report(e);
            }

            if (attempt > 0)
            {
                onRepeatedFailure?.Invoke();
            }
        }

        return false;
    }

    /// <returns>Null when the owner is missing and cannot be told yet: without it the lease would outlive the node.</returns>
    private async Task<Lease?> PrepareAsync(Lease lease, CancellationToken cancellationToken)
    {
        lease.Spec ??= new LeaseSpec();
        lease.Spec.HolderIdentity = options.Holder;
        lease.Spec.LeaseDurationSeconds = (int)options.Duration.TotalSeconds;
        lease.Spec.RenewTime = MicroTime.From(clock.GetUtcNow());
        if (lease.Metadata.OwnerReferences.Count > 0)
        {
            return lease;
        }

        if (await findOwner(cancellationToken) is not { } owner)
        {
            LogNoOwner(options.Namespace, options.Name);
            return null;
        }

        lease.Metadata.OwnerReferences.Add(owner);
        return lease;
    }

    /// <summary>One line for as long as it fails; each try is told to those who ask for more.</summary>
    private void Report(Exception exception)
    {
        if (!_failing)
        {
            _failing = true;
            LogFailing(options.Namespace, options.Name, exception.Message);
        }
        else
        {
            LogFailedAgain(options.Namespace, options.Name, exception.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The lease {Namespace}/{Name} cannot be renewed, which is tried again and again: {Error}")]
    private partial void LogFailing(string @namespace, string name, string error);

    [LoggerMessage(2, LogLevel.Debug, "The lease {Namespace}/{Name} was not renewed: {Error}")]
    private partial void LogFailedAgain(string @namespace, string name, string error);

    [LoggerMessage(3, LogLevel.Information, "The lease {Namespace}/{Name} is renewed again")]
    private partial void LogRenewedAgain(string @namespace, string name);

    [LoggerMessage(4, LogLevel.Information, "The owner of the lease {Namespace}/{Name} is not known yet; the lease is not written")]
    private partial void LogNoOwner(string @namespace, string name);
}
