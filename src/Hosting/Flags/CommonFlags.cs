using NodeAgent.Hosting.Logging;
using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Hosting.Flags;

/// <summary>The flags that every daemon has.</summary>
public sealed class CommonFlags
{
    private readonly Flag<int> _verbosity;
    private readonly Flag<string> _format;
    private readonly Flag<string> _version;

    public CommonFlags(FlagSet flags)
    {
        flags.Group("Global");
        _version = flags.Add(new Flag<string>("version", "false", "--version, --version=raw prints version information and quits.", "Global", "version[=true]", ParseVersion, null, static v => v) { ValueWhenBare = "true" });
        flags.Group("Logs");
        _verbosity = flags.Int("v", 0, "Number for the log level verbosity: from 4 on debug lines are written, from 6 on trace lines.", 'v');
        _format = flags.Custom("logging-format", LoggingOptions.TextFormat, "string", "Sets the log format: \"text\" or \"json\".", ParseFormat);
        flags.Ignored("vmodule", "log-flush-frequency", "log-json-info-buffer-size", "log-text-info-buffer-size", "log-dir", "log-file", "log-file-max-size", "stderrthreshold", "log-backtrace-at");
        flags.IgnoredBool("log-json-split-stream", "log-text-split-stream", "logtostderr", "alsologtostderr", "one-output", "skip-headers", "skip-log-headers", "add-dir-header");
        flags.Group("Metrics");
        flags.Ignored("allow-metric-labels", "allow-metric-labels-manifest", "disabled-metrics", "show-hidden-metrics-for-version");
        flags.Group("Misc");
    }

    /// <summary>What the flags say of logging, and for the rest what the config file does.</summary>
    public LoggingOptions Logging(LoggingOptions? configured)
    {
        var basis = configured ?? new LoggingOptions();
        return new LoggingOptions(_format.Over(basis.Format), _verbosity.Over(basis.Verbosity));
    }

    /// <summary>Prints the version when the command line asks for it. The first form is what kubeadm looks for.</summary>
    public bool TryWriteVersion(TextWriter output)
    {
        switch (_version.Value)
        {
            case "true":
                output.WriteLine($"Kubernetes {BuildInfo.GitVersion}");
                return true;
            case "raw":
                output.WriteLine($"{{\"major\":\"{BuildInfo.Major}\",\"minor\":\"{BuildInfo.Minor}\",\"gitVersion\":\"{BuildInfo.GitVersion}\",\"platform\":\"{BuildInfo.Platform}\",\"nodeAgent\":\"{BuildInfo.NodeAgentVersion}\"}}");
                return true;
            default:
                return false;
        }
    }

    private static string ParseVersion(string text) => text == "raw" ? text : FlagParsers.Bool(text) ? "true" : "false";

    private static string ParseFormat(string text) =>
        text is LoggingOptions.TextFormat or LoggingOptions.JsonFormat ? text : throw new FormatException("text or json is expected");
}
