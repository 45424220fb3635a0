using Google.Protobuf;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Authentication.V1;
using NodeAgent.KubeApi.Certificates.V1Beta1;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Containers;

namespace NodeAgent.Kubelet.Tests.Builders;

/// <summary>The objects of one namespace, in memory.</summary>
internal sealed class FakeObjects : IReferencedObjects
{
    public Dictionary<string, ConfigMap> ConfigMaps { get; } = [];

    public Dictionary<string, Secret> Secrets { get; } = [];

    public List<Service> Services { get; } = [];

    /// <summary>Objects of any other kind.</summary>
    public List<IKubeObject> Others { get; } = [];

    public Task<T?> FindAsync<T>(ResourceType<T> type, string? namespaceName, string name, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new() => Task.FromResult(Others.OfType<T>().FirstOrDefault(o => o.Metadata.Name == name));

    public Task<IReadOnlyList<ClusterTrustBundle>> TrustBundlesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ClusterTrustBundle>>([.. Others.OfType<ClusterTrustBundle>()]);

    public Task<ConfigMap?> ConfigMapAsync(string namespaceName, string name, CancellationToken cancellationToken) => Task.FromResult(ConfigMaps.GetValueOrDefault(name));

    public Task<Secret?> SecretAsync(string namespaceName, string name, CancellationToken cancellationToken) => Task.FromResult(Secrets.GetValueOrDefault(name));

    /// <summary>What the API server says to a request for a token.</summary>
    public Func<TokenRequest, TokenRequestStatus>? OnToken { get; set; }

    public Task<TokenRequest> CreateTokenAsync(string namespaceName, string serviceAccount, TokenRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(new TokenRequest { Status = OnToken is null ? new TokenRequestStatus { Token = $"token of {serviceAccount}" } : OnToken(request) });

    public Task<IReadOnlyList<Service>> ServicesAsync(string namespaceName, bool complete, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Service>>(Services);
}
