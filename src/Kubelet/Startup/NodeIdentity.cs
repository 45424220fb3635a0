using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Credentials;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Identity;
using NodeAgent.Kubelet.Node;

namespace NodeAgent.Kubelet.Startup;

/// <summary>The node's certificates: how it gets them, and how it keeps them from running out.</summary>
internal sealed partial class NodeIdentity(KubeletSettings settings, ILoggerFactory loggers, TimeProvider time)
{
    private static readonly double[] AgeBuckets =
        [60, 3600, 14400, 86400, 604800, 2592000, 7776000, 15552000, 31104000, 124416000];

    private readonly CertificateStore _client = new(settings.CertDirectory, "kubelet-client");
    private readonly CertificateStore _serving = new(settings.CertDirectory, "kubelet-server");
    private CertificateRotation? _clientRotation;
    private CertificateRotation? _servingRotation;

    /// <summary>Sees to it that there is a kubeconfig with a good certificate, where the settings say how to get one. It may wait for somebody to approve.</summary>
    public Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (settings.Kubeconfig.Length == 0)
        {
            return Task.CompletedTask;
        }

        if (settings.BootstrapKubeconfig.Length == 0)
        {
            TellOfUnusableCertificate();
            return Task.CompletedTask;
        }

        var bootstrap = new ClientBootstrap(
            settings.NodeName, settings.Kubeconfig, settings.BootstrapKubeconfig, _client, config => new KubeClient(config, new KubeClientOptions(ApiConnection.Agent), loggers, time), time, loggers);
        return bootstrap.EnsureAsync(cancellationToken);
    }

    /// <summary>Starts the loops that renew what the settings say is to be renewed.</summary>
    /// <param name="pending">Told a request's name, how long it has waited, and its signer.</param>
    public void Start(IKubeClient client, Supervisor supervisor, NodeFacts facts, Action<string, TimeSpan, string> pending)
    {
        if (settings.Config.RotateCertificates && File.Exists(_client.CurrentPath))
        {
            _clientRotation = Rotation(_client, client, () => CertificateWish.Client(settings.NodeName), (name, waited) => pending(name, waited, CertificateWish.ClientSigner));
            supervisor.Run("client certificate", _clientRotation.RunAsync);
        }

        if (settings.Config.ServerTlsBootstrap)
        {
            _servingRotation = Rotation(_serving, client, () => CertificateWish.Serving(settings.NodeName, [settings.NodeName, .. facts.HostIPs]), (name, waited) => pending(name, waited, CertificateWish.ServingSigner));
            supervisor.Run("serving certificate", _servingRotation.RunAsync);
        }
    }

    /// <summary>What the server shows: the certificate that the cluster has signed, and until there is one a self-signed one.</summary>
    public Func<SslStreamCertificateContext> ServingContext(IReadOnlyList<string> names)
    {
        var own = ServingCertificate.InMemory(names, time);
        (X509Certificate2 Certificate, SslStreamCertificateContext Context)? known = null;
        var gate = new Lock();
        return () =>
        {
            if (_servingRotation?.Current is not { } current)
            {
                return own.Current;
            }

            lock (gate)
            {
                if (known is not { } made || !ReferenceEquals(made.Certificate, current))
                {
                    known = (current, SslStreamCertificateContext.Create(current, null, offline: true));
                }

                return known.Value.Context;
            }
        };
    }

    public void Register(MetricsRegistry registry)
    {
        registry.CreateGaugeCallback("kubelet_certificate_manager_client_ttl_seconds", "Gauge of the TTL (time-to-live) of the Kubelet's client certificate. The value is in seconds until certificate expiry (negative if already expired). If client certificate is invalid or unused, the value will be +INF.", () => Ttl(_clientRotation?.Current));
        registry.CreateCounterCallback("kubelet_certificate_manager_client_expiration_renew_errors", "Counter of certificate renewal errors.", () => _clientRotation?.Failures ?? 0);
        if (!settings.Config.ServerTlsBootstrap)
        {
            return;
        }

        registry.CreateGaugeCallback("kubelet_certificate_manager_server_ttl_seconds", "Gauge of the shortest TTL (time-to-live) of the Kubelet's serving certificate. The value is in seconds until certificate expiry (negative if already expired). If serving certificate is invalid or unused, the value will be +INF.", () => Ttl(_servingRotation?.Current));
        registry.CreateCounterCallback("kubelet_server_expiration_renew_errors", "Counter of certificate renewal errors.", () => _servingRotation?.Failures ?? 0);
        var ages = registry.CreateHistogram("kubelet_certificate_manager_server_rotation_seconds", "Histogram of the number of seconds the previous certificate lived before being rotated.", AgeBuckets);
        if (_servingRotation is not null)
        {
            _servingRotation.Renewed += age =>
            {
                if (age > TimeSpan.Zero)
                {
                    ages.Observe(age.TotalSeconds);
                }
            };
        }
    }

    private void TellOfUnusableCertificate()
    {
        if (!File.Exists(settings.Kubeconfig) || ClientConfig.Load(settings.Kubeconfig).ClientCertificate is not { } shown)
        {
            return;
        }

        try
        {
            using var certificate = X509Certificate2.CreateFromPem(shown.Data is { } data ? Encoding.UTF8.GetString(data) : File.ReadAllText(shown.File!));
            if (CertificateLife.Problem(certificate, time.GetUtcNow()) is { } problem)
            {
                LogUnusable(loggers.CreateLogger<NodeIdentity>(), settings.Kubeconfig, problem);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            // Whoever opens the connection names the file and what is wrong with it.
        }
    }

    private double Ttl(X509Certificate2? certificate) => certificate is null ? double.PositiveInfinity : (CertificateLife.Until(certificate) - time.GetUtcNow()).TotalSeconds;

    private CertificateRotation Rotation(CertificateStore store, IKubeClient client, Func<CertificateWish> wish, Action<string, TimeSpan> pending) =>
        new(store, new CertificateRequests(client, time, loggers.CreateLogger<CertificateRequests>()), wish, pending, time, Random.Shared.NextDouble, loggers.CreateLogger<CertificateRotation>());

    [LoggerMessage(1, LogLevel.Warning, "The client certificate of {Kubeconfig} cannot be used: {Problem}; the API server will refuse this node until the file has a good one (kubeadm kubeconfig user, or --bootstrap-kubeconfig with a token)")]
    private static partial void LogUnusable(ILogger logger, string kubeconfig, string problem);
}
