using System.Net;

namespace NodeAgent.KubeApi.Client;

/// <summary>The API server answered with a failure.</summary>
/// <param name="operation">What was being done and to which object, such as <c>update pods/status default/web-0</c>.</param>
/// <param name="code">The HTTP status code.</param>
/// <param name="reason">The reason of the Status object, such as <c>Conflict</c> or <c>AlreadyExists</c>; empty when the answer had none.</param>
/// <param name="message">The server's own words.</param>
public sealed class KubeApiException(string operation, HttpStatusCode code, string reason, string message, TimeSpan? retryAfter = null)
    : Exception($"{operation}: the API server answered {(int)code}{(reason.Length > 0 ? " " + reason : "")}: {message}")
{
    public string Operation { get; } = operation;

    public HttpStatusCode Code { get; } = code;

    public string Reason { get; } = reason;

    /// <summary>The server's own words, without the operation.</summary>
    public string ServerMessage { get; } = message;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    public bool IsNotFound => Code == HttpStatusCode.NotFound;

    public bool IsConflict => Code == HttpStatusCode.Conflict && Reason != "AlreadyExists";

    /// <summary>The UID in the request is not that of the object: another one has the name now. Patches get 422 for it, other calls 409.</summary>
    public bool IsAnotherUid => Code == HttpStatusCode.UnprocessableEntity && ServerMessage.Contains("metadata.uid", StringComparison.Ordinal);

    public bool IsAlreadyExists => Reason == "AlreadyExists";

    /// <summary>410: the resource version is older than what the server still has; list anew.</summary>
    public bool IsGone => Code == HttpStatusCode.Gone || Reason is "Expired" or "Gone";
}
