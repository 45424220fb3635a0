namespace NodeAgent.Scheduler.Config;

/// <summary>How the API server is reached.</summary>
internal sealed record ClientConnectionConfiguration
{
    public string Kubeconfig { get; init; } = "";

    public string AcceptContentTypes { get; init; } = "";

    public string ContentType { get; init; } = "application/vnd.kubernetes.protobuf";

    public double Qps { get; init; } = 50;

    public int Burst { get; init; } = 100;
}
