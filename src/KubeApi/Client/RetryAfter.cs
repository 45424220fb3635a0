using System.Net;

namespace NodeAgent.KubeApi.Client;

/// <summary>What an answer says about trying again.</summary>
internal static class RetryAfter
{
    /// <summary>Attempts after the first.</summary>
    public const int MaxRetries = 10;

    private static readonly TimeSpan Default = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>How long to wait before the same request may be sent again; null when the answer is final.</summary>
    /// <remarks>A 429 always may; a 5xx only when the server names a time, because then it has not begun the work.</remarks>
    public static TimeSpan? Of(HttpResponseMessage response, DateTimeOffset now)
    {
        var named = Named(response, now);
        if (response.StatusCode == HttpStatusCode.TooManyRequests)
        {
            return named ?? Default;
        }

        return (int)response.StatusCode >= 500 ? named : null;
    }

    public static TimeSpan? Named(HttpResponseMessage response, DateTimeOffset now)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? header?.Date - now;
        return wait is null ? null : TimeSpan.FromTicks(Math.Clamp(wait.Value.Ticks, 0, Longest.Ticks));
    }
}
