namespace NodeAgent.KubeApi.Client;

/// <param name="UserAgent">As it stands in the API server's audit log, such as <c>kubelet/v1.36.2 (linux/amd64) nodeagent</c>.</param>
/// <param name="Qps">Requests per second in the long run; below zero for no limit, zero for the default of 5.</param>
/// <param name="Burst">Requests that may leave at once; zero for the default of 10.</param>
/// <param name="Timeout">How long an answer may take to begin; watches have their own.</param>
/// <param name="Observer">Told of every request.</param>
/// <param name="Gate">Asked before every write; null to let all leave.</param>
/// <param name="EventPause">Events of watches that come in great number are collected for so long; zero to take each as it comes.</param>
public sealed record KubeClientOptions(string UserAgent, double Qps = 0, int Burst = 0, TimeSpan? Timeout = null, IRequestObserver? Observer = null, IRequestGate? Gate = null, TimeSpan EventPause = default)
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(65);
}
