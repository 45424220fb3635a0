using System.Globalization;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Hosting.Server;

/// <summary>Questions to the API server about who asks and what they may, under the names that its own library gives them.</summary>
public sealed class DelegationMetrics
{
    private static readonly double[] Buckets = [0.25, 0.5, 0.7, 1, 1.5, 3, 5, 10];

    private readonly Counter _requests;
    private readonly Histogram _durations;
    private readonly TimeProvider _time;

    private DelegationMetrics(MetricsRegistry registry, TimeProvider time, string what)
    {
        _time = time;
        _requests = registry.CreateCounter($"apiserver_delegated_{what}_request_total", "Number of HTTP requests partitioned by status code.", "code");
        _durations = registry.CreateHistogram($"apiserver_delegated_{what}_request_duration_seconds", "Request latency in seconds. Broken down by status code.", Buckets, "code");
    }

    /// <summary>TokenReviews.</summary>
    public static DelegationMetrics OfAuthentication(MetricsRegistry registry, TimeProvider time) => new(registry, time, "authn");

    /// <summary>SubjectAccessReviews.</summary>
    public static DelegationMetrics OfAuthorization(MetricsRegistry registry, TimeProvider time) => new(registry, time, "authz");

    internal async Task<T> CountAsync<T>(Func<Task<T>> review)
    {
        var (start, code) = (_time.GetTimestamp(), "<error>");
        try
        {
            var answer = await review();
            code = "201";
            return answer;
        }
        catch (KubeApiException e)
        {
            code = ((int)e.Code).ToString(CultureInfo.InvariantCulture);
            throw;
        }
        finally
        {
            _requests.WithLabels(code).Inc();
            _durations.WithLabels(code).Observe(_time.GetElapsedTime(start).TotalSeconds);
        }
    }
}
