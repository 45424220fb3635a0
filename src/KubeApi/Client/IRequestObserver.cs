namespace NodeAgent.KubeApi.Client;

/// <summary>Told of every request that leaves the client, for metrics. Called on the request's own path: must be quick and not throw.</summary>
public interface IRequestObserver
{
    /// <summary>An attempt has been answered (headers received) or has failed.</summary>
    void OnAnswered(in RequestObservation request);

    /// <summary>A request has waited for the client's own rate limit.</summary>
    void OnRateLimited(string method, string host, TimeSpan waited);
}
