using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Credentials;
using NodeAgent.KubeApi.Events;
using NodeAgent.Proxy;
using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Explain;

RuntimeTuning.Apply();
var definition = new DaemonDefinition<ProxyCommand>("kube-proxy", "Makes the Services of a Kubernetes cluster reachable from this node, by rules of iptables. `kube-proxy explain NAMESPACE/SERVICE[:PORT]` says how packets for a Service get to its endpoints; `kube-proxy plan` prints what the rules should be against what the kernel holds, and changes nothing.")
{
    Declare = flags => new ProxyFlags(flags).Load,
    Logging = command => command.Logging,
    // A rollout in a cluster of some thousand Services makes the proxy allocate about a megabyte a second.
    QuietBytes = 256 * 1024,
};

switch (args)
{
    case ["explain", var service, .. var flags] when !service.StartsWith('-'):
        return await Daemon.RunAsync(definition, flags, context => ExplainCommand.RunAsync(context.Config.Options, service, Console.Out, Console.Error, context.Stopping));
    case ["explain", ..]:
        Console.Error.WriteLine("Error: explain needs a Service: kube-proxy explain NAMESPACE/SERVICE[:PORT] [flags]");
        return ExitCodes.Failure;
    case ["plan", .. var flags]:
        return await Daemon.RunAsync(definition, flags, PlanAsync);
    default:
        return await Daemon.RunAsync(definition, args, ProxyAsync);
}

static KubeClient ClientFor(DaemonContext<ProxyCommand> context)
{
    var command = context.Config;
    var connection = command.Configuration.ClientConnection;
    var clientOptions = new KubeClientOptions($"kube-proxy/{BuildInfo.GitVersion} ({BuildInfo.Platform}) nodeagent", connection?.Qps ?? 5, connection?.Burst ?? 10, Observer: new RestClientMetrics(context.Metrics), EventPause: TimeSpan.FromMilliseconds(100));
    return new KubeClient(ClientConfig.Load(command.Kubeconfig, new ClientConfigOverrides(Server: command.Master)), clientOptions, context.Loggers, context.Time);
}

static async Task<int> PlanAsync(DaemonContext<ProxyCommand> context)
{
    using var client = ClientFor(context);
    return await new PlanCommand(context.Config.Options, client, context.Loggers, context.Time).RunAsync(Console.Out, context.Stopping);
}

static async Task<int> ProxyAsync(DaemonContext<ProxyCommand> context)
{
    var command = context.Config;
    if (command.WriteConfigTo is { } target)
    {
        await File.WriteAllTextAsync(target, EffectiveConfiguration.Yaml(command.Configuration), context.Stopping);
        return ExitCodes.Success;
    }

    if (command.Cleanup)
    {
        return await HostSetup.CleanUpAsync(context.Loggers.CreateLogger<ProxyDaemon>(), context.Stopping) ? ExitCodes.Success : ExitCodes.Failure;
    }

    if (command.InitOnly)
    {
        HostSetup.Initialize(command.Options, context.Loggers.CreateLogger<ProxyDaemon>());
        return ExitCodes.Success;
    }

    using var client = ClientFor(context);
    var events = EventRecorder.ForSeries(client, "kube-proxy", command.Options.NodeName, context.Time, Random.Shared, context.Loggers.CreateLogger<EventRecorder>());
    context.Supervisor.Run("events", events.RunAsync);
    var daemon = new ProxyDaemon(command, client, events, context.Metrics, context.Loggers, context.Time)
    {
        Ready = () => context.Ready(),
        PartOver = context.LetGoOfPrograms,
        MorePages = server => server.MapFlagz(context.Flags).MapStatusz("kube-proxy", context.Time).MapVerbosity(context.Logging.Verbosity),
    };
    context.Supervisor.Run("proxy", daemon.RunAsync);
    if (command.ConfigFile is { } file)
    {
        context.Supervisor.Run("configuration file", token => ConfigFileWatch.RunAsync(file, () => context.Stop(StopReason.Failure($"{file} changed; starting anew with it")), context.Time, context.Loggers, token));
    }

    return await context.RunUntilStoppedAsync();
}
