namespace NodeAgent.Proxy.Config;

internal sealed record ClientConnectionConfiguration
{
    public string? Kubeconfig { get; set; }

    public string? AcceptContentTypes { get; set; }

    public string? ContentType { get; set; }

    public double? Qps { get; set; }

    public int? Burst { get; set; }
}
