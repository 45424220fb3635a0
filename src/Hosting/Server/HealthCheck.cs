namespace NodeAgent.Hosting.Server;

/// <summary>One thing that must be well. The check gives null when it is, else why not; it must be quick and may be asked often.</summary>
public sealed record HealthCheck(string Name, Func<string?> Check)
{
    /// <summary>Well as long as the process answers.</summary>
    public static HealthCheck Ping { get; } = new("ping", static () => null);
}
