using System.Net;
using NodeAgent.ContainerRuntime;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Hooks;

/// <summary>Runs postStart and preStop handlers.</summary>
internal sealed class HookRunner(IRuntimeService runtime, HttpAction http, IEventRecorder events, HookMetrics metrics, TimeProvider time)
{
    private const string Purpose = "lifecycle";
    private static readonly TimeSpan LongestHook = TimeSpan.FromDays(1);

    /// <returns>Null when the hook succeeded, else what went wrong.</returns>
    public async Task<string?> RunAsync(Pod pod, LifecycleHandler handler, Container container, string containerId, string podIP, CancellationToken cancellationToken)
    {
        try
        {
            if (handler.Exec is { } exec)
            {
                var answer = await runtime.ExecSyncAsync(containerId, exec.Command, LongestHook, cancellationToken);
                return answer.ExitCode == 0
                    ? null
                    : $"command '{string.Join(' ', exec.Command)}' exited with {answer.ExitCode}: {answer.Stderr.ToStringUtf8()}, message: \"{answer.Stdout.ToStringUtf8()}{answer.Stderr.ToStringUtf8()}\"";
            }

            if (handler.HttpGet is { } get)
            {
                if (podIP.Length == 0 && get.Host.Length == 0)
                {
                    return "failed to find networking container: the pod has no address";
                }

                await GetAsync(pod, get, container, podIP, cancellationToken);
                return null;
            }

            if (handler.Sleep is { } sleep)
            {
                await Task.Delay(TimeSpan.FromSeconds(sleep.Seconds), time, cancellationToken);
            }

            return null;
        }
        catch (Exception e) when (e is RuntimeException or HttpRequestException or TimeoutException or FormatException or IOException or UriFormatException)
        {
            return e.Message;
        }
    }

    /// <summary>Nobody waits any more for a hook that has not come to its end.</summary>
    public void CutShort(LifecycleHandler handler)
    {
        if (handler.Sleep is not null)
        {
            metrics.SleepsCut.Inc();
        }
    }

    /// <summary>A server that speaks HTTP where HTTPS is asked for is asked again in its own tongue, as by upstream.</summary>
    private async Task GetAsync(Pod pod, HTTPGetAction action, Container container, string podIP, CancellationToken cancellationToken)
    {
        try
        {
            await http.GetAsync(action, container, podIP, Purpose, cancellationToken);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError && action.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase))
        {
            var plain = action.Clone();
            plain.Scheme = "HTTP";
            foreach (var secret in plain.HttpHeaders.Where(h => h.Name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)).ToList())
            {
                plain.HttpHeaders.Remove(secret);
            }

            // A server of HTTPS, with which the handshake failed, takes plain HTTP for a bad request.
            if (!await AnswersAsync(plain, container, podIP, cancellationToken))
            {
                throw;
            }

            metrics.HttpFallbacks.Inc();
            var host = action.Host.Length > 0 ? action.Host : podIP;
            events.Record(pod.Reference(), EventType.Warning, "LifecycleHTTPFallback", $"request to HTTPS lifecycle hook {host}:{Ports.Resolve(action.Port, container)} got HTTP response, retry with HTTP succeeded");
        }
    }

    private async Task<bool> AnswersAsync(HTTPGetAction action, Container container, string podIP, CancellationToken cancellationToken)
    {
        try
        {
            return (await http.GetAsync(action, container, podIP, Purpose, cancellationToken)).Status != (int)HttpStatusCode.BadRequest;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return false;
        }
    }
}
