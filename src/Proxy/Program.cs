using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Credentials;
using NodeAgent.KubeApi.Events;
using NodeAgent.Proxy;
using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Services;

string? Flag(string name) => args.Select((a, i) => a == "--" + name ? args.ElementAtOrDefault(i + 1) ?? "" : a.StartsWith($"--{name}=", StringComparison.Ordinal) ? a[(name.Length + 3)..] : null).FirstOrDefault(v => v is not null);

using var stop = new CancellationTokenSource();
using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => { c.Cancel = true; stop.Cancel(); });
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => { c.Cancel = true; stop.Cancel(); });
using var loggers = LoggerFactory.Create(b => b.AddSimpleConsole().SetMinimumLevel(LogLevel.Debug).AddFilter("Microsoft", LogLevel.Warning));
if (args.Contains("--cleanup"))
{
    foreach (var flavour in new[] { IptablesFlavour.Nft, IptablesFlavour.Legacy })
    {
        foreach (var family in Enum.GetValues<IPFamily>())
        {
            var tool = new IptablesTool(family, flavour);
            var text = Cleanup.Text(await tool.ReadAsync(stop.Token));
            if (text.Length > 0)
            {
                await tool.RestoreAsync(text, stop.Token);
            }
        }
    }

    return 0;
}

var config = Flag("config") is { } file ? ConfigFile.Read(file) : new KubeProxyConfiguration();
var builder = new OptionsBuilder(config);
if (builder.Build(Flag("hostname-override") ?? Environment.MachineName) is not { } options)
{
    Console.Error.WriteLine(string.Join('\n', builder.Errors));
    return 1;
}

options = options with { Iptables = Enum.TryParse<IptablesFlavour>(Flag("iptables-flavour"), true, out var f) ? f : default };
using var client = new KubeClient(ClientConfig.Load(config.ClientConnection?.Kubeconfig ?? Flag("kubeconfig")), new KubeClientOptions("kube-proxy"), loggers, TimeProvider.System);
try
{
    await new ProxyDaemon(options, client, new NoEvents(), loggers, TimeProvider.System).RunAsync(stop.Token);
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}

internal sealed class NoEvents : IEventRecorder
{
    public void Record(NodeAgent.KubeApi.Core.V1.ObjectReference regarding, EventType type, string reason, string message, string? action = null, NodeAgent.KubeApi.Core.V1.ObjectReference? related = null)
    {
    }
}
