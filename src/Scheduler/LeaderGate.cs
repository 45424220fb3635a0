using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Coordination;

namespace NodeAgent.Scheduler;

/// <summary>
/// Lets the scheduler change nothing of the cluster but while it leads: a leader that was paused, or whose bindings waited for their
/// turn, must not bind beside its successor. Events and the questions who a caller is and what he may do change no placement.
/// </summary>
internal sealed class LeaderGate : IRequestGate
{
    /// <summary>What elects; null before it is there.</summary>
    public LeaderElector? Elector { get; set; }

    public TimeSpan AnswerGrace => TimeSpan.FromSeconds(5);

    public bool Allows(HttpMethod method, string path) => Elector is { MayAct: true } || ChangesNoPlacement(path);

    private static bool ChangesNoPlacement(string path) =>
        path.StartsWith("/apis/authentication.k8s.io/", StringComparison.Ordinal)
        || path.StartsWith("/apis/authorization.k8s.io/", StringComparison.Ordinal)
        || path.Contains("/events", StringComparison.Ordinal);
}
