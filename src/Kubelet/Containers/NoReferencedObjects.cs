using Google.Protobuf;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Authentication.V1;
using NodeAgent.KubeApi.Certificates.V1Beta1;

namespace NodeAgent.Kubelet.Containers;

/// <summary>On a node without an API server: there are no objects to refer to.</summary>
internal sealed class NoReferencedObjects : IReferencedObjects
{
    public Task<ConfigMap?> ConfigMapAsync(string namespaceName, string name, CancellationToken cancellationToken) => throw None($"configmap \"{name}\"");

    public Task<Secret?> SecretAsync(string namespaceName, string name, CancellationToken cancellationToken) => throw None($"secret \"{name}\"");

    public Task<T?> FindAsync<T>(ResourceType<T> type, string? namespaceName, string name, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new() => throw None($"{type.Kind} \"{name}\"");

    public Task<IReadOnlyList<ClusterTrustBundle>> TrustBundlesAsync(CancellationToken cancellationToken) => throw None("cluster trust bundles");

    public Task<TokenRequest> CreateTokenAsync(string namespaceName, string serviceAccount, TokenRequest request, CancellationToken cancellationToken) =>
        throw None($"a token of service account \"{serviceAccount}\"");

    public Task<IReadOnlyList<Service>> ServicesAsync(string namespaceName, bool complete, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Service>>([]);

    private static ContainerConfigException None(string what) => new($"the pod refers to {what}, and this kubelet runs without an API server");
}
