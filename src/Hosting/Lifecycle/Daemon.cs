using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Flags;
using NodeAgent.Hosting.Logging;
using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Hosting.Lifecycle;

/// <summary>
/// The way from <c>Main</c>'s arguments to an exit code: flags, config, logging, the daemon itself, an orderly stop.
/// </summary>
/// <example><code>
/// return await Daemon.RunAsync(ProxyDaemon.Definition, args, async context =>
/// {
///     var client = …;
///     context.Supervisor.Run("service rules", token => rules.RunAsync(token));
///     context.Ready();
///     return await context.RunUntilStoppedAsync();
/// });
/// </code></example>
public static partial class Daemon
{
    public static Task<int> RunAsync<TConfig>(DaemonDefinition<TConfig> definition, string[] args, Func<DaemonContext<TConfig>, Task<int>> run) =>
        RunAsync(definition, args, run, Console.Out, Console.Error, MetricsRegistry.Default, TimeProvider.System);

    internal static async Task<int> RunAsync<TConfig>(DaemonDefinition<TConfig> definition, string[] args, Func<DaemonContext<TConfig>, Task<int>> run, TextWriter output, TextWriter errors, MetricsRegistry metrics, TimeProvider time)
    {
        var pages = new ProgramPages(time);
        pages.Look();
        var flags = new FlagSet(definition.Name, definition.Description);
        var common = new CommonFlags(flags);
        var load = definition.Declare(flags);
        var warnings = new StartupWarnings();
        TConfig config;
        try
        {
            flags.Parse(args);
            if (flags.HelpRequested)
            {
                await output.WriteAsync(flags.Help());
                return ExitCodes.Success;
            }

            if (common.TryWriteVersion(output))
            {
                return ExitCodes.Success;
            }

            config = load(warnings);
        }
        catch (FlagException e)
        {
            await errors.WriteLineAsync($"Error: {e.Message}\nSee '{definition.Name} --help' for usage.");
            return ExitCodes.Failure;
        }
        catch (ConfigException e)
        {
            await errors.WriteLineAsync($"Error: {e.Message}");
            return ExitCodes.Failure;
        }

        warnings.NotActedOn("flags", flags.IgnoredInUse);
        warnings.Deprecated(flags.DeprecatedInUse);
        using var logging = DaemonLogging.ToStandardError(common.Logging(definition.Logging?.Invoke(config)), time);
        return await RunLoggedAsync(definition, flags, config, warnings, logging, run, metrics, time, pages);
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The context's supervisor lives as long as the process.")]
    private static async Task<int> RunLoggedAsync<TConfig>(DaemonDefinition<TConfig> definition, FlagSet flags, TConfig config, StartupWarnings warnings, DaemonLogging logging, Func<DaemonContext<TConfig>, Task<int>> run, MetricsRegistry metrics, TimeProvider time, ProgramPages pages)
    {
        var logger = logging.Factory.CreateLogger(definition.Name);
        Starting(logger, definition.Name, BuildInfo.NodeAgentVersion, BuildInfo.GitVersion);
        foreach (var warning in warnings.Lines)
        {
            Warned(logger, warning);
        }

        using var signals = new DaemonSignals(code =>
        {
            logging.Flush(TimeSpan.FromSeconds(1));
            Environment.Exit(code);
        });
        signals.Listen();
        BuildInfo.Register(metrics);
        ProcessMetrics.Register(metrics);
        var systemd = SystemdNotifier.FromEnvironment(Environment.GetEnvironmentVariable);
        var context = new DaemonContext<TConfig>(definition.Name, config, flags, logging, metrics, time, signals, systemd, definition.StopGrace, pages, definition.QuietBytes);
        var watching = context.WatchStartAsync();
        try
        {
            return await run(context);
        }
        catch (OperationCanceledException) when (context.Stopping.IsCancellationRequested)
        {
            return (await watching)?.ExitCode ?? ExitCodes.Failure;
        }
        catch (Exception e)
        {
            Failed(logger, definition.Name, e);
            return ExitCodes.Failure;
        }
        finally
        {
            logging.Flush(TimeSpan.FromSeconds(2));
        }
    }

    [LoggerMessage(1000, LogLevel.Information, "Starting {Daemon}, NodeAgent {Version}, Kubernetes {KubernetesVersion}")]
    private static partial void Starting(ILogger logger, string daemon, string version, string kubernetesVersion);

    [LoggerMessage(1004, LogLevel.Warning, "{Warning}")]
    private static partial void Warned(ILogger logger, string warning);

    [LoggerMessage(1005, LogLevel.Critical, "{Daemon} cannot go on")]
    private static partial void Failed(ILogger logger, string daemon, Exception error);
}
