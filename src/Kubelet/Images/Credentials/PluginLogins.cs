using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using NodeAgent.KubeApi.Authentication.V1;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Images.Verification;

namespace NodeAgent.Kubelet.Images.Credentials;

/// <summary>The logins that one plugin knows, kept for as long as it says.</summary>
/// <param name="ask">Runs the plugin.</param>
internal sealed class PluginLogins(CredentialProvider provider, Func<CredentialRequest, CancellationToken, Task<CredentialResponse>> ask, IReferencedObjects objects, TimeProvider time)
{
    private const string GlobalKey = "<global>";
    private static readonly ImmutableSortedDictionary<string, string> NoAnnotations = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<(string Scope, string Account), (IReadOnlyList<KeyValuePair<string, Cri.AuthConfig>> Logins, DateTimeOffset Expires)> _known = new();
    private readonly ConcurrentDictionary<(string Image, string Account), Lazy<Task<CredentialResponse>>> _asking = new();

    public string Name => provider.Name;

    /// <returns>Logins by the images that they are for, none when the plugin is not for this image or pod; and the service account whose token it was given, if any.</returns>
    /// <exception cref="CredentialProviderException">The plugin or the service account's token cannot be had.</exception>
    public async Task<(IReadOnlyList<KeyValuePair<string, Cri.AuthConfig>> Logins, PullServiceAccount? Account)> ForAsync(Pod pod, ImageReference image, CancellationToken cancellationToken)
    {
        if (!provider.MatchImages.Any(m => ImageGlob.Matches(m, image)) || await AccountAsync(pod, cancellationToken) is not { } account)
        {
            return ([], null);
        }

        var name = $"{image.Registry}/{image.Repository}";
        foreach (var scope in (string[])[name, image.Registry, GlobalKey])
        {
            if (_known.TryGetValue((scope, account.Key), out var known) && time.GetUtcNow() <= known.Expires)
            {
                return (known.Logins, account.Identity);
            }
        }

        var response = await AskOnceAsync(new CredentialRequest(name, account.Token, account.Annotations), account.Key + Hash(account.Token), cancellationToken);
        if (account.Token.Length > 0 && provider.TokenAttributes!.CacheType != CredentialProviderToken.CacheByToken && response.Logins.Any(l => l.Value.Password == account.Token))
        {
            throw new CredentialProviderException($"credential provider plugin {Name} returned the service account's token as the password, which cacheType {CredentialProviderToken.CacheByServiceAccount} does not allow: others than the pod would use it");
        }

        Keep(response, name, image.Registry, account.Key);
        return (response.Logins, account.Identity);
    }

    private void Keep(CredentialResponse response, string name, string registry, string account)
    {
        var now = time.GetUtcNow();
        foreach (var (key, old) in _known)
        {
            if (old.Expires < now)
            {
                _known.TryRemove(key, out _);
            }
        }

        var duration = response.CacheDuration ?? provider.DefaultCacheDuration ?? TimeSpan.Zero;
        if (duration > TimeSpan.Zero)
        {
            var scope = response.CacheKeyType switch
            {
                CredentialResponse.ByImage => name,
                CredentialResponse.ByRegistry => registry,
                _ => GlobalKey,
            };
            _known[(scope, account)] = (response.Logins, now + duration);
        }
    }

    /// <summary>Pods that ask for the same at the same time wait for one run of the plugin, which none of them can cut short.</summary>
    private async Task<CredentialResponse> AskOnceAsync(CredentialRequest request, string account, CancellationToken cancellationToken)
    {
        var key = (request.Image, account);
        var running = _asking.GetOrAdd(key, _ => new Lazy<Task<CredentialResponse>>(() => ask(request, CancellationToken.None)));
        try
        {
            return await running.Value.WaitAsync(cancellationToken);
        }
        finally
        {
            if (running.Value.IsCompleted)
            {
                _asking.TryRemove(KeyValuePair.Create(key, running));
            }
        }
    }

    /// <returns>Null when the plugin is not to be asked for this pod.</returns>
    private async Task<Account?> AccountAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (provider.TokenAttributes is not { } attributes)
        {
            return Account.None;
        }

        var name = pod.Spec.ServiceAccountName;
        if (name.Length == 0)
        {
            return attributes.RequireServiceAccount == true ? null : Account.None;
        }

        try
        {
            var found = await objects.FindAsync(KubeApi.Resources.ServiceAccounts, pod.Metadata.Namespace, name, cancellationToken)
                ?? throw new CredentialProviderException($"there is no service account {pod.Metadata.Namespace}/{name}");
            if (attributes.RequiredServiceAccountAnnotationKeys.Any(k => !found.Metadata.Annotations.ContainsKey(k)))
            {
                return null;
            }

            var annotations = NoAnnotations.AddRange(attributes.RequiredServiceAccountAnnotationKeys
                .Concat(attributes.OptionalServiceAccountAnnotationKeys)
                .Where(found.Metadata.Annotations.ContainsKey)
                .Select(k => KeyValuePair.Create(k, found.Metadata.Annotations[k])));
            var token = await TokenAsync(pod, attributes, found.Metadata.Uid, cancellationToken);
            var parts = annotations.SelectMany(a => (string[])[a.Key, a.Value]).Prepend(found.Metadata.Uid).Prepend(name).Prepend(pod.Metadata.Namespace);
            var key = string.Join('\0', attributes.CacheType == CredentialProviderToken.CacheByToken ? parts.Append(Hash(token)) : parts);
            return new Account(key, token, annotations, new PullServiceAccount(found.Metadata.Uid, pod.Metadata.Namespace, name));
        }
        catch (Exception e) when (e is KubeApi.Client.KubeApiException or HttpRequestException)
        {
            throw new CredentialProviderException($"the service account {pod.Metadata.Namespace}/{name} or its token cannot be had: {e.Message}", e);
        }
    }

    private async Task<string> TokenAsync(Pod pod, CredentialProviderToken attributes, string accountUid, CancellationToken cancellationToken)
    {
        var request = new TokenRequest
        {
            Metadata = new KubeApi.Meta.V1.ObjectMeta { Uid = accountUid },
            Spec = new TokenRequestSpec
            {
                Audiences = { attributes.ServiceAccountTokenAudience },
                BoundObjectRef = new BoundObjectReference { ApiVersion = "v1", Kind = "Pod", Name = pod.Metadata.Name, UID = pod.Metadata.Uid },
            },
        };
        return (await objects.CreateTokenAsync(pod.Metadata.Namespace, pod.Spec.ServiceAccountName, request, cancellationToken)).Status.Token;
    }

    private static string Hash(string token) => token.Length == 0 ? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private sealed record Account(string Key, string Token, ImmutableSortedDictionary<string, string> Annotations, PullServiceAccount? Identity)
    {
        public static Account None { get; } = new("", "", NoAnnotations, null);
    }
}
