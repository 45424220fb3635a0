namespace NodeAgent.Scheduler.Config;

/// <summary>Whom the scheduler trusts as an extender, and who it is to it. Data is PEM in base64 and wins over files.</summary>
internal sealed record ExtenderTlsConfiguration
{
    /// <summary>Any certificate will do; for tests.</summary>
    public bool Insecure { get; init; }

    public string ServerName { get; init; } = "";

    public string CertFile { get; init; } = "";

    public string KeyFile { get; init; } = "";

    public string CaFile { get; init; } = "";

    public string CertData { get; init; } = "";

    public string KeyData { get; init; } = "";

    public string CaData { get; init; } = "";
}
