namespace NodeAgent.KubeApi.Client;

/// <summary>
/// Decides at the last moment whether a request that changes something may leave: after it has waited for its turn, once more when its
/// body is about to be written, and again before each further attempt. For a client that must not act once another process does.
/// </summary>
public interface IRequestGate
{
    /// <summary>Called from many threads; must not block.</summary>
    /// <param name="path">Without the server, beginning with a slash.</param>
    bool Allows(HttpMethod method, string path);

    /// <summary>
    /// How long the caller's cancellation is held back from a write that has left, while it is still allowed: the server may carry out
    /// what the client has stopped to wait for, and whoever acts next has to know.
    /// </summary>
    TimeSpan AnswerGrace { get; }
}
