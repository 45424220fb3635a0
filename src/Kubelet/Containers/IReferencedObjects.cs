using NodeAgent.KubeApi.Authentication.V1;

namespace NodeAgent.Kubelet.Containers;

/// <summary>The objects that pods refer to. Answers from a local copy that is kept up to date while some pod uses it.</summary>
internal interface IReferencedObjects
{
    /// <returns>Null when there is none of that name.</returns>
    Task<ConfigMap?> ConfigMapAsync(string namespaceName, string name, CancellationToken cancellationToken);

    /// <returns>Null when there is none of that name.</returns>
    Task<Secret?> SecretAsync(string namespaceName, string name, CancellationToken cancellationToken);

    Task<TokenRequest> CreateTokenAsync(string namespaceName, string serviceAccount, TokenRequest request, CancellationToken cancellationToken);

    /// <summary>The services of the namespace, and the API server's own.</summary>
    /// <param name="complete">Whether to wait until the API server has told of all; a static pod starts with what is known.</param>
    Task<IReadOnlyList<Service>> ServicesAsync(string namespaceName, bool complete, CancellationToken cancellationToken);
}
