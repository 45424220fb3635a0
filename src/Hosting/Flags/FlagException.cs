namespace NodeAgent.Hosting.Flags;

/// <summary>The command line cannot be used as it is; the message says which flag and why.</summary>
public sealed class FlagException(string message) : Exception(message);
