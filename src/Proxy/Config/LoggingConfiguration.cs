using NodeAgent.Hosting.Config;

namespace NodeAgent.Proxy.Config;

[NotActedOn("flushFrequency", "vmodule", "options")]
internal sealed record LoggingConfiguration
{
    public string? Format { get; set; }

    public int? Verbosity { get; set; }
}
