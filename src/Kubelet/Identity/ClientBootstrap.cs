using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Credentials;

namespace NodeAgent.Kubelet.Identity;

/// <summary>Turns a bootstrap token into the node's own identity: a client certificate that the cluster signs, and a kubeconfig with it.</summary>
internal sealed partial class ClientBootstrap(string nodeName, string kubeconfig, string bootstrapKubeconfig, CertificateStore store, Func<ClientConfig, IKubeClient> connect, TimeProvider time, ILoggerFactory loggers)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    private readonly ILogger _log = loggers.CreateLogger<ClientBootstrap>();

    /// <summary>Does nothing when the kubeconfig is there and its certificate is good; waits for as long as it takes otherwise.</summary>
    /// <exception cref="ClientConfigException">Neither file can be used.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        var current = store.Load();
        var problem = current is null ? null : CertificateLife.Problem(current, time.GetUtcNow());
        if (File.Exists(kubeconfig))
        {
            if (problem is null || !UsesStore())
            {
                return;
            }

            LogUnusable(store.CurrentPath, problem);
            if (!File.Exists(bootstrapKubeconfig))
            {
                // Static pods go on without the API server; upstream's kubelet would end here.
                LogNoBootstrap(bootstrapKubeconfig);
                return;
            }
        }

        var bootstrap = ClientConfig.Load(bootstrapKubeconfig);
        if (current is null || problem is not null)
        {
            await AskAsync(bootstrap, cancellationToken);
        }

        KubeconfigFile.Write(kubeconfig, bootstrap, store.CurrentPath);
        LogWritten(kubeconfig);
    }

    private bool UsesStore() => File.ReadAllText(kubeconfig).Contains(store.CurrentPath, StringComparison.Ordinal);

    private async Task AskAsync(ClientConfig bootstrap, CancellationToken cancellationToken)
    {
        var client = connect(bootstrap);
        var requests = new CertificateRequests(client, time, loggers.CreateLogger<CertificateRequests>());
        LogAsking(bootstrapKubeconfig);
        for (var retry = FirstRetry; ; retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry)
        {
            try
            {
                var (certificate, key) = await requests.GetAsync(CertificateWish.Client(nodeName), LogPending, cancellationToken);
                store.Save(certificate, key, time.GetUtcNow());
                return;
            }
            catch (Exception e) when (e is CertificateDeniedException or KubeApiException or IOException)
            {
                LogFailed(bootstrap.Server.ToString(), retry, e.Message);
                await Task.Delay(retry, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "There is no client certificate yet: asking for one with {Bootstrap}")]
    private partial void LogAsking(string bootstrap);

    [LoggerMessage(2, LogLevel.Warning, "The client certificate {Path} cannot be used: {Problem}")]
    private partial void LogUnusable(string path, string problem);

    [LoggerMessage(3, LogLevel.Warning, "The node's certificate request has waited for approval for {Waited}: kubectl certificate approve {Request}")]
    private partial void LogPending(string request, TimeSpan waited);

    [LoggerMessage(4, LogLevel.Warning, "Asking {Server} for a client certificate failed and is tried again in {Retry}: {Error}")]
    private partial void LogFailed(string server, TimeSpan retry, string error);

    [LoggerMessage(5, LogLevel.Information, "The node has an identity: {Kubeconfig} is written")]
    private partial void LogWritten(string kubeconfig);

    [LoggerMessage(6, LogLevel.Warning, "Nothing can be asked for a new client certificate with, there is no {Bootstrap}: make a token (kubeadm token create), write a kubeconfig with it there, and restart the kubelet")]
    private partial void LogNoBootstrap(string bootstrap);
}
