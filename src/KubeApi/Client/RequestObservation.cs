namespace NodeAgent.KubeApi.Client;

/// <param name="Method">The HTTP method.</param>
/// <param name="Host">Host and port of the API server.</param>
/// <param name="Code">The HTTP status code; 0 when there was no answer.</param>
/// <param name="Duration">From the sending of the request to the answer's headers.</param>
/// <param name="RequestBytes">The length of the request's body.</param>
/// <param name="Attempt">0 for the first attempt, more for retries.</param>
public readonly record struct RequestObservation(string Method, string Host, int Code, TimeSpan Duration, int RequestBytes, int Attempt);
