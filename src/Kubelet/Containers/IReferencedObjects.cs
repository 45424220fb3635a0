using Google.Protobuf;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Authentication.V1;
using NodeAgent.KubeApi.Certificates.V1Beta1;

namespace NodeAgent.Kubelet.Containers;

/// <summary>The objects that pods refer to. Answers from a local copy that is kept up to date while some pod uses it.</summary>
internal interface IReferencedObjects
{
    /// <returns>Null when there is none of that name.</returns>
    Task<ConfigMap?> ConfigMapAsync(string namespaceName, string name, CancellationToken cancellationToken);

    /// <returns>Null when there is none of that name.</returns>
    Task<Secret?> SecretAsync(string namespaceName, string name, CancellationToken cancellationToken);

    /// <summary>Asks the API server; nothing is kept.</summary>
    /// <returns>Null when there is none of that name.</returns>
    Task<T?> FindAsync<T>(ResourceType<T> type, string? namespaceName, string name, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new();

    /// <summary>All trust bundles of the cluster, as of at most half a minute ago.</summary>
    Task<IReadOnlyList<ClusterTrustBundle>> TrustBundlesAsync(CancellationToken cancellationToken);

    Task<TokenRequest> CreateTokenAsync(string namespaceName, string serviceAccount, TokenRequest request, CancellationToken cancellationToken);

    /// <summary>The services of the namespace, and the API server's own.</summary>
    /// <param name="complete">Whether to wait until the API server has told of all; a static pod starts with what is known.</param>
    Task<IReadOnlyList<Service>> ServicesAsync(string namespaceName, bool complete, CancellationToken cancellationToken);
}
