using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Flags;
using NodeAgent.Hosting.Logging;

namespace NodeAgent.Hosting.Lifecycle;

/// <summary>What <see cref="Daemon"/> has to know of a daemon to start it.</summary>
/// <typeparam name="TConfig">What the daemon runs by, made of its flags and its config file.</typeparam>
/// <param name="Name">As the binary is called: <c>kube-proxy</c>.</param>
/// <param name="Description">The first paragraph of <c>--help</c>.</param>
public sealed record DaemonDefinition<TConfig>(string Name, string Description)
{
    /// <summary>
    /// Declares the daemon's flags, and gives the function that makes its config of them once they are parsed. That function
    /// throws <see cref="ConfigException"/> with everything that is wrong, and puts what is accepted but not acted on into the warnings.
    /// </summary>
    public required Func<FlagSet, Func<StartupWarnings, TConfig>> Declare { get; init; }

    /// <summary>The <c>logging</c> section of the config, for what the logging flags do not say; null when it has none.</summary>
    public Func<TConfig, LoggingOptions?>? Logging { get; init; }

    /// <summary>How long the loops may take to end after a stop was asked for.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// A daemon that allocates less than this in a second, in bytes, is quiet, and may give memory back to the host. To be
    /// less than what steady work allocates: what is given back in the middle of work is taken again at once.
    /// </summary>
    public long QuietBytes { get; init; } = IdleMemory.QuietBytes;
}
