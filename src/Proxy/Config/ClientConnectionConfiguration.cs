using NodeAgent.Hosting.Config;

namespace NodeAgent.Proxy.Config;

[NotActedOn("acceptContentTypes", "contentType")]
internal sealed record ClientConnectionConfiguration
{
    public string? Kubeconfig { get; set; }

    public double? Qps { get; set; }

    public int? Burst { get; set; }
}
