using NodeAgent.Kubelet.Server.Access;

namespace NodeAgent.Kubelet.Startup;

/// <summary>Without an API server nobody can be asked: tokens are unknown and nothing is allowed but by configuration.</summary>
internal sealed class NoAccessReviews : IAccessReviews
{
    public Task<KubeUser?> ReviewTokenAsync(string token, CancellationToken cancellationToken) => Task.FromResult<KubeUser?>(null);

    public Task<AccessAnswer> ReviewAccessAsync(KubeUser user, NodeAccess access, CancellationToken cancellationToken) =>
        Task.FromResult(new AccessAnswer(false, "this kubelet runs without an API server"));
}
