using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Authentication.V1;
using NodeAgent.KubeApi.Certificates.V1Beta1;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Informers;

namespace NodeAgent.Kubelet.Containers;

/// <summary>The objects that pods refer to, each watched by name from its first use until no pod has asked for it for a while.</summary>
internal sealed class ReferencedObjects(IKubeClient client, IInformer<Service> services, ILoggerFactory loggers, TimeProvider time) : IReferencedObjects, IAsyncDisposable
{
    private static readonly TimeSpan FirstListTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan TrustBundlesKept = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DropEvery = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(string Namespace, string Name), Watched<ConfigMap>> _configMaps = new();
    private readonly ConcurrentDictionary<(string Namespace, string Name), Watched<Secret>> _secrets = new();

    private (IReadOnlyList<ClusterTrustBundle> All, long At)? _trustBundles;

    /// <summary>Called with the namespace of an object that has changed since a pod read it.</summary>
    public event Action<string>? Changed;

    public Task<ConfigMap?> ConfigMapAsync(string namespaceName, string name, CancellationToken cancellationToken) =>
        GetAsync(_configMaps, KubeApi.Resources.ConfigMaps, namespaceName, name, cancellationToken);

    public Task<Secret?> SecretAsync(string namespaceName, string name, CancellationToken cancellationToken) =>
        GetAsync(_secrets, KubeApi.Resources.Secrets, namespaceName, name, cancellationToken);

    public async Task<T?> FindAsync<T>(ResourceType<T> type, string? namespaceName, string name, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        try
        {
            return await client.GetAsync(type, namespaceName, name, cancellationToken);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    public async Task<IReadOnlyList<ClusterTrustBundle>> TrustBundlesAsync(CancellationToken cancellationToken)
    {
        if (_trustBundles is { } known && time.GetElapsedTime(known.At) < TrustBundlesKept)
        {
            return known.All;
        }

        var list = await client.ListAsync(KubeApi.Resources.ClusterTrustBundles, null, new ListOptions(), cancellationToken);
        _trustBundles = (list.Items, time.GetTimestamp());
        return list.Items;
    }

    public Task<TokenRequest> CreateTokenAsync(string namespaceName, string serviceAccount, TokenRequest request, CancellationToken cancellationToken) =>
        client.PostSubresourceAsync<ServiceAccount, TokenRequest, TokenRequest>(
            KubeApi.Resources.ServiceAccounts, namespaceName, serviceAccount, "token", "authentication.k8s.io/v1", "TokenRequest", request, cancellationToken);

    public async Task<IReadOnlyList<Service>> ServicesAsync(string namespaceName, bool complete, CancellationToken cancellationToken)
    {
        if (complete)
        {
            await services.Synced.WaitAsync(cancellationToken);
        }

        List<Service> found = [.. services.Store.ListNamespace(namespaceName)];
        if (namespaceName != "default" && services.Store.Get("default", "kubernetes") is { } apiServer)
        {
            found.Add(apiServer);
        }

        return found;
    }

    /// <summary>Ends, now and then, the watches of objects that no pod of this node names any more.</summary>
    public async Task DropUnusedAsync(Func<IReadOnlyCollection<Pod>> pods, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(DropEvery, time, cancellationToken);
            KeepOnly(pods());
        }
    }

    /// <summary>Ends the watches of objects that none of the pods names.</summary>
    public void KeepOnly(IReadOnlyCollection<Pod> pods)
    {
        Drop(_configMaps, [.. pods.SelectMany(p => PodReferences.ConfigMaps(p).Select(name => (p.Metadata.Namespace, name)))]);
        Drop(_secrets, [.. pods.SelectMany(p => PodReferences.Secrets(p).Select(name => (p.Metadata.Namespace, name)))]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var watched in _configMaps.Values)
        {
            await watched.DisposeAsync();
        }

        foreach (var watched in _secrets.Values)
        {
            await watched.DisposeAsync();
        }
    }

    private async Task<T?> GetAsync<T>(
        ConcurrentDictionary<(string Namespace, string Name), Watched<T>> watches, ResourceType<T> type, string namespaceName, string name, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var watched = watches.GetOrAdd((namespaceName, name), key => new Watched<T>(client, type, key.Namespace, key.Name, () => Changed?.Invoke(key.Namespace), loggers, time));
        await watched.Informer.Synced.WaitAsync(FirstListTimeout, time, cancellationToken);
        return watched.Informer.Store.Get(namespaceName, name);
    }

    private static void Drop<T>(ConcurrentDictionary<(string Namespace, string Name), Watched<T>> watches, HashSet<(string Namespace, string Name)> used)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        foreach (var key in watches.Keys.Where(k => !used.Contains(k)))
        {
            if (watches.TryRemove(key, out var watched))
            {
                _ = watched.DisposeAsync().AsTask();
            }
        }
    }

    private sealed class Watched<T> : IAsyncDisposable, IInformerHandler<T>
        where T : class, IKubeObject, IMessage<T>, new()
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Lazy<Task> _run;
        private readonly Informer<T> _informer;
        private readonly Action _changed;

        public Watched(IKubeClient client, ResourceType<T> type, string namespaceName, string name, Action changed, ILoggerFactory loggers, TimeProvider time)
        {
            _changed = changed;
            _informer = new Informer<T>(client, type, new InformerOptions<T>(namespaceName, FieldSelector: $"metadata.name={name}"), loggers, time);
            _informer.AddHandler(this);
            _run = new Lazy<Task>(() => _informer.RunAsync(_stop.Token));
        }

        /// <summary>Starts with its first use.</summary>
        public IInformer<T> Informer
        {
            get
            {
                _ = _run.Value;
                return _informer;
            }
        }

        public void OnAdd(T value, bool isInInitialList)
        {
            if (!isInInitialList)
            {
                _changed();
            }

            StopIfImmutable(value);
        }

        public void OnUpdate(T oldValue, T newValue)
        {
            _changed();
            StopIfImmutable(newValue);
        }

        public void OnDelete(T value) => _changed();

        /// <summary>What never changes is kept without a watch.</summary>
        private void StopIfImmutable(T value)
        {
            if (value is ConfigMap { Immutable: true } or Secret { Immutable: true })
            {
                _ = Task.Run(_stop.CancelAsync);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            if (_run.IsValueCreated)
            {
                await _run.Value.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            _stop.Dispose();
        }
    }
}
