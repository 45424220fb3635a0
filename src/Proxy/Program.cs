using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Credentials;
using NodeAgent.Proxy;
using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Sync;

var definition = new DaemonDefinition<ProxyCommand>("kube-proxy", "Makes the Services of a Kubernetes cluster reachable from this node, by rules of iptables.")
{
    Declare = flags => new ProxyFlags(flags).Load,
    Logging = command => command.Logging,
};

return await Daemon.RunAsync(definition, args, async context =>
{
    var command = context.Config;
    if (command.Cleanup)
    {
        return await HostSetup.CleanUpAsync(context.Loggers.CreateLogger<ProxyDaemon>(), context.Stopping) ? ExitCodes.Success : ExitCodes.Failure;
    }

    if (command.InitOnly)
    {
        HostSetup.Initialize(command.Options, context.Loggers.CreateLogger<ProxyDaemon>());
        return ExitCodes.Success;
    }

    var connection = command.Configuration.ClientConnection;
    var observer = new RestClientMetrics(context.Metrics);
    var clientOptions = new KubeClientOptions($"kube-proxy/{BuildInfo.GitVersion} ({BuildInfo.Platform}) nodeagent", connection?.Qps ?? 5, connection?.Burst ?? 10, Observer: observer);
    using var client = new KubeClient(ClientConfig.Load(command.Kubeconfig, new ClientConfigOverrides(Server: command.Master)), clientOptions, context.Loggers, context.Time);
    var daemon = new ProxyDaemon(command, client, new NoEventRecorder(), context.Metrics, context.Loggers, context.Time) { Ready = () => context.Ready() };
    context.Supervisor.Run("proxy", daemon.RunAsync);
    if (command.ConfigFile is { } file)
    {
        context.Supervisor.Run("configuration file", token => ConfigFileWatch.RunAsync(file, () => context.Stop(StopReason.Failure($"{file} changed; starting anew with it")), context.Time, context.Loggers, token));
    }

    return await context.RunUntilStoppedAsync();
});
