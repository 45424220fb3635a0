namespace NodeAgent.Hosting.Lifecycle;

/// <summary>Why a daemon ends, and with which exit code.</summary>
/// <param name="ExitCode">0 only when somebody asked for the stop.</param>
public sealed record StopReason(int ExitCode, string Text)
{
    public static StopReason Asked(string by) => new(0, by);

    public static StopReason Failure(string text) => new(ExitCodes.Failure, text);
}
