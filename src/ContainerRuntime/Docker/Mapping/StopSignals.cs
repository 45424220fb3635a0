using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>CRI's signal names as Docker's: SIGTERM as it is, SIGRTMINPLUS3 as SIGRTMIN+3.</summary>
internal static class StopSignals
{
    /// <returns>Null for the image's own.</returns>
    public static string? ToDocker(Signal signal)
    {
        if (signal == Signal.RuntimeDefault)
        {
            return null;
        }

        var name = signal.ToString().ToUpperInvariant();
        return name.Replace("MINPLUS", "MIN+", StringComparison.Ordinal).Replace("MAXMINUS", "MAX-", StringComparison.Ordinal);
    }

    public static Signal FromDocker(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return Signal.RuntimeDefault;
        }

        var full = name.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? name : "SIG" + name;
        var plain = full.Replace("+", "plus", StringComparison.Ordinal).Replace("-", "minus", StringComparison.Ordinal);
        return Enum.TryParse<Signal>(plain, ignoreCase: true, out var signal) && Enum.IsDefined(signal) ? signal : Signal.RuntimeDefault;
    }
}
