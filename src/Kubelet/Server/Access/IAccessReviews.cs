namespace NodeAgent.Kubelet.Server.Access;

/// <summary>The API server's answers about users and rights.</summary>
internal interface IAccessReviews
{
    /// <returns>Null when the API server does not know the token.</returns>
    Task<KubeUser?> ReviewTokenAsync(string token, CancellationToken cancellationToken);

    Task<AccessAnswer> ReviewAccessAsync(KubeUser user, NodeAccess access, CancellationToken cancellationToken);
}
