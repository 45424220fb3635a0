namespace NodeAgent.Scheduler.Plugins.DynamicResources.Cel;

/// <summary>An expression is not of the language, goes beyond the part of it that is supported, or fails for a device.</summary>
internal sealed class CelException(string message) : Exception(message);
