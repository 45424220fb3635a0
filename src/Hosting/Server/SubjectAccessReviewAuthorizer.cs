using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Authorization.V1;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Hosting.Server;

/// <summary>Asks the API server whether a user may do something (SubjectAccessReview), and remembers the answer.</summary>
public sealed class SubjectAccessReviewAuthorizer(IKubeClient client, DelegationTtls ttls, TimeProvider time, DelegationMetrics? metrics = null) : IAuthorizer
{
    private const int Remembered = 8192;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly ExpiringCache<string, AuthorizationDecision> _known = new(Remembered, time);

    public async ValueTask<AuthorizationDecision> AuthorizeAsync(AuthorizationAttributes attributes, CancellationToken cancellationToken)
    {
        var key = Key(attributes);
        if (_known.TryGet(key, out var decision))
        {
            return decision;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        var review = await (metrics is null ? Ask() : metrics.CountAsync(Ask));
        decision = new AuthorizationDecision(review.Status is { Allowed: true, Denied: false }, review.Status?.Reason ?? "");
        _known.Set(key, decision, decision.Allowed ? ttls.Allowed : ttls.Denied);
        return decision;

        Task<SubjectAccessReview> Ask() => client.CreateAsync(Resources.SubjectAccessReviews, new SubjectAccessReview { Spec = Spec(attributes) }, timeout.Token);
    }

    internal static SubjectAccessReviewSpec Spec(AuthorizationAttributes attributes)
    {
        var spec = new SubjectAccessReviewSpec { User = attributes.User.Name, Groups = { attributes.User.Groups } };
        if (attributes.User.Uid.Length > 0)
        {
            spec.Uid = attributes.User.Uid;
        }

        foreach (var (key, values) in attributes.User.Extra)
        {
            spec.Extra[key] = new ExtraValue { Items = { values } };
        }

        if (attributes.Resource.Length == 0)
        {
            spec.NonResourceAttributes = new NonResourceAttributes { Path = attributes.Path, Verb = attributes.Verb };
            return spec;
        }

        spec.ResourceAttributes = new ResourceAttributes
        {
            Namespace = attributes.Namespace,
            Verb = attributes.Verb,
            Group = attributes.Group,
            Version = attributes.Version,
            Resource = attributes.Resource,
            Subresource = attributes.Subresource,
            Name = attributes.Name,
        };
        return spec;
    }

    /// <summary>Fields are separated by a character that cannot stand in a header or a path.</summary>
    private static string Key(AuthorizationAttributes a) => string.Join(
        '\n',
        [
            a.User.Name, a.User.Uid, string.Join('\r', a.User.Groups),
            string.Join('\r', a.User.Extra.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => e.Key + "\t" + string.Join('\t', e.Value))),
            a.Verb, a.Path, a.Group, a.Version, a.Resource, a.Subresource, a.Namespace, a.Name,
        ]);
}
