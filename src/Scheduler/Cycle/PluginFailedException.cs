using NodeAgent.Scheduler.Framework;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>A plugin answered with an error where only the attempt as a whole can take it.</summary>
internal sealed class PluginFailedException(Status status) : Exception($"{status.Plugin}: {status.Message}", status.Exception)
{
    public Status Status { get; } = status;
}
