using System.Runtime.InteropServices;
using NodeAgent.Hosting.Logging;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Credentials;
using NodeAgent.Scheduler;
using NodeAgent.Scheduler.Config;

string? Flag(string name) => args.Select((a, i) => a == "--" + name ? args.ElementAtOrDefault(i + 1) ?? "" : a.StartsWith($"--{name}=", StringComparison.Ordinal) ? a[(name.Length + 3)..] : null).FirstOrDefault(v => v is not null);

using var stop = new CancellationTokenSource();
using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => { c.Cancel = true; stop.Cancel(); });
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => { c.Cancel = true; stop.Cancel(); });
using var logging = DaemonLogging.ToStandardError(new LoggingOptions(), TimeProvider.System);
var config = new KubeSchedulerConfiguration();
var qps = double.Parse(Flag("kube-api-qps") ?? "50", System.Globalization.CultureInfo.InvariantCulture);
var burst = int.Parse(Flag("kube-api-burst") ?? "100", System.Globalization.CultureInfo.InvariantCulture);
using var client = new KubeClient(ClientConfig.Load(Flag("kubeconfig")), new KubeClientOptions("kube-scheduler", qps, burst), logging.Factory, TimeProvider.System);
var daemon = new SchedulerDaemon(config, BuiltInPlugins.AddTo(new PluginRegistry()), client, new NoEvents(), MetricsRegistry.Default, logging.Factory, TimeProvider.System, Random.Shared);
try
{
    await await Task.WhenAny(daemon.RunInformersAsync(stop.Token), daemon.RunLoopAsync(stop.Token));
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
}

return stop.IsCancellationRequested ? 0 : 1;
