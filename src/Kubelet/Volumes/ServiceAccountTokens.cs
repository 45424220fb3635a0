using System.Collections.Concurrent;
using NodeAgent.KubeApi.Authentication.V1;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>Tokens of service accounts bound to pods, kept until four fifths of their life (or a day) are over.</summary>
internal sealed class ServiceAccountTokens(IReferencedObjects objects, TimeProvider time)
{
    private static readonly TimeSpan LongestUse = TimeSpan.FromHours(24);

    private readonly ConcurrentDictionary<Key, Entry> _tokens = new();

    public async Task<string> GetAsync(Pod pod, ServiceAccountTokenProjection projection, CancellationToken cancellationToken) =>
        (await GetWithExpiryAsync(pod, projection, cancellationToken)).Token;

    /// <returns>The token, and when it ends.</returns>
    public async Task<(string Token, DateTimeOffset Expires)> GetWithExpiryAsync(Pod pod, ServiceAccountTokenProjection projection, CancellationToken cancellationToken)
    {
        var key = new Key(pod.Uid(), projection.Audience, projection.ExpirationSeconds);
        if (_tokens.TryGetValue(key, out var entry) && entry.RenewAt > time.GetUtcNow())
        {
            return (entry.Token, entry.Expires);
        }

        var asked = time.GetUtcNow();
        var request = new TokenRequest
        {
            Metadata = new KubeApi.Meta.V1.ObjectMeta(),
            Spec = new TokenRequestSpec
            {
                ExpirationSeconds = projection.ExpirationSeconds,
                BoundObjectRef = new BoundObjectReference { ApiVersion = "v1", Kind = "Pod", Name = pod.Metadata.Name, UID = pod.Metadata.Uid },
            },
        };
        if (projection.Audience.Length > 0)
        {
            request.Spec.Audiences.Add(projection.Audience);
        }

        try
        {
            var answer = await objects.CreateTokenAsync(pod.Metadata.Namespace, pod.Spec.ServiceAccountName, request, cancellationToken);
            var expires = answer.Status.ExpirationTimestamp.ToDateTimeOffset();
            var life = expires - asked;
            var use = life * 0.8;
            _tokens[key] = new Entry(answer.Status.Token, asked + (use < LongestUse ? use : LongestUse), expires);
            return (answer.Status.Token, expires);
        }
        catch (Exception e) when (e is not OperationCanceledException && entry?.Expires > time.GetUtcNow())
        {
            // What is left of the old token's life is better than none.
            return (entry.Token, entry.Expires);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new VolumeException($"failed to fetch token: {e.Message}", e);
        }
    }

    /// <summary>When some token of the pod has to be renewed.</summary>
    public DateTimeOffset? RenewAt(PodUid uid)
    {
        DateTimeOffset? first = null;
        foreach (var (key, entry) in _tokens)
        {
            if (key.Pod == uid && (first is null || entry.RenewAt < first))
            {
                first = entry.RenewAt;
            }
        }

        return first;
    }

    public void Forget(PodUid uid)
    {
        foreach (var key in _tokens.Keys.Where(k => k.Pod == uid))
        {
            _tokens.TryRemove(key, out _);
        }
    }

    private readonly record struct Key(PodUid Pod, string Audience, long Seconds);

    private sealed record Entry(string Token, DateTimeOffset RenewAt, DateTimeOffset Expires);
}
