using System.Globalization;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Hosting.Metrics;

/// <summary>The metrics that Kubernetes' components have of their API client, under upstream's names.</summary>
public sealed class RestClientMetrics : IRequestObserver
{
    private static readonly double[] LatencyBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

    private static readonly double[] SizeBuckets = [64, 256, 512, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216];

    private readonly Counter _requests;
    private readonly Counter _retries;
    private readonly Histogram _duration;
    private readonly Histogram _rateLimited;
    private readonly Histogram _requestSize;

    public RestClientMetrics(MetricsRegistry registry)
    {
        _requests = registry.CreateCounter("rest_client_requests_total", "Number of HTTP requests, partitioned by status code, method, and host.", "code", "method", "host");
        _retries = registry.CreateCounter("rest_client_request_retries_total", "Number of request retries, partitioned by status code, verb, and host.", "code", "verb", "host");
        _duration = registry.CreateHistogram("rest_client_request_duration_seconds", "Request latency in seconds. Broken down by verb, and host.", LatencyBuckets, "verb", "host");
        _rateLimited = registry.CreateHistogram("rest_client_rate_limiter_duration_seconds", "Client side rate limiter latency in seconds. Broken down by verb, and host.", LatencyBuckets, "verb", "host");
        _requestSize = registry.CreateHistogram("rest_client_request_size_bytes", "Request size in bytes. Broken down by verb and host.", SizeBuckets, "verb", "host");
    }

    public void OnAnswered(in RequestObservation request)
    {
        var verb = Verb(request.Method);
        var code = Code(request.Code);
        _requests.WithLabels(code, verb, request.Host).Inc();
        _duration.WithLabels(verb, request.Host).Observe(request.Duration.TotalSeconds);
        if (request.RequestBytes > 0)
        {
            _requestSize.WithLabels(verb, request.Host).Observe(request.RequestBytes);
        }

        if (request.Attempt > 0)
        {
            _retries.WithLabels(code, verb, request.Host).Inc();
        }
    }

    public void OnRateLimited(string method, string host, TimeSpan waited) =>
        _rateLimited.WithLabels(Verb(method), host).Observe(waited.TotalSeconds);

    /// <summary>Only names that this project sends make series of their own.</summary>
    private static string Verb(string method) => method is "GET" or "POST" or "PUT" or "PATCH" or "DELETE" or "HEAD" or "OPTIONS" ? method : "OTHER";

    private static string Code(int code) => code switch
    {
        200 => "200",
        201 => "201",
        // Upstream's word for a request without an answer.
        0 => "<error>",
        >= 100 and <= 599 => code.ToString(CultureInfo.InvariantCulture),
        _ => "OTHER",
    };
}
