using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Config;

namespace NodeAgent.Proxy.Config;

/// <summary>Ends the proxy when its configuration file changes to another one that can be used; systemd starts it again, and the rules stay meanwhile.</summary>
internal static class ConfigFileWatch
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    public static Task RunAsync(string file, Action changed, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var watcher = new FileWatcher(
            [file],
            _ =>
            {
                ConfigReader.ReadFile<KubeProxyConfiguration>(file, KubeProxyConfiguration.Kind);
                changed();
            },
            Interval,
            time,
            loggers.CreateLogger(typeof(ConfigFileWatch).FullName!));
        return watcher.RunAsync(cancellationToken);
    }
}
