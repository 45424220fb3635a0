using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Authentication.V1;
using NodeAgent.KubeApi.Authorization.V1;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Kubelet.Server.Access;

/// <summary>Asks the API server with TokenReview and SubjectAccessReview.</summary>
internal sealed class ApiAccessReviews(IKubeClient client, string nodeName) : IAccessReviews
{
    public async Task<KubeUser?> ReviewTokenAsync(string token, CancellationToken cancellationToken)
    {
        var review = await client.CreateAsync(KubeApi.Resources.TokenReviews, new TokenReview { Spec = new TokenReviewSpec { Token = token } }, cancellationToken);
        return review.Status is not { Authenticated: true, User: { } user }
            ? null
            : new KubeUser(user.Username, user.Uid, [.. user.Groups])
            {
                Extra = user.Extra.ToDictionary(e => e.Key, e => (IReadOnlyList<string>)[.. e.Value.Items]),
            };
    }

    public async Task<AccessAnswer> ReviewAccessAsync(KubeUser user, NodeAccess access, CancellationToken cancellationToken)
    {
        var spec = new SubjectAccessReviewSpec
        {
            User = user.Name,
            Uid = user.Uid,
            ResourceAttributes = new ResourceAttributes
            {
                Verb = access.Verb,
                Version = "v1",
                Resource = "nodes",
                Subresource = access.Subresource,
                Name = nodeName,
            },
        };
        spec.Groups.AddRange(user.Groups);
        foreach (var (key, values) in user.Extra)
        {
            var extra = new NodeAgent.KubeApi.Authorization.V1.ExtraValue();
            extra.Items.AddRange(values);
            spec.Extra[key] = extra;
        }

        var review = await client.CreateAsync(KubeApi.Resources.SubjectAccessReviews, new SubjectAccessReview { Spec = spec }, cancellationToken);
        return new AccessAnswer(review.Status?.Allowed ?? false, review.Status?.Reason ?? "");
    }
}
