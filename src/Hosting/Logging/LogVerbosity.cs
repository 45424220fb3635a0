using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Logging;

/// <summary>The verbosity of a running process; <c>PUT /debug/flags/v</c> changes it.</summary>
public sealed class LogVerbosity(int value)
{
    private volatile int _value = value;

    public int Value
    {
        get => _value;
        set => _value = value;
    }

    public LogLevel Level => LoggingOptions.LevelOf(_value);
}
