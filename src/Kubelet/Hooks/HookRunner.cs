using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Metrics;

namespace NodeAgent.Kubelet.Hooks;

/// <summary>Runs postStart and preStop handlers.</summary>
internal sealed class HookRunner(IRuntimeService runtime, HttpAction http, HookMetrics metrics, TimeProvider time)
{
    private static readonly TimeSpan LongestHook = TimeSpan.FromDays(1);

    /// <returns>Null when the hook succeeded, else what went wrong.</returns>
    public async Task<string?> RunAsync(LifecycleHandler handler, Container container, string containerId, string podIP, CancellationToken cancellationToken)
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

                await RequestAsync(get, container, podIP, cancellationToken);
                return null;
            }

            if (handler.Sleep is { } sleep)
            {
                await SleepAsync(TimeSpan.FromSeconds(sleep.Seconds), cancellationToken);
            }

            return null;
        }
        catch (Exception e) when (e is RuntimeException or HttpRequestException or TimeoutException or FormatException or IOException or UriFormatException)
        {
            return e.Message;
        }
    }

    /// <summary>Kubelets before v1.26 ran every such hook over HTTP, whatever its scheme: a container that answers HTTP where HTTPS is asked for still gets its request, without its credentials.</summary>
    private async Task RequestAsync(HTTPGetAction get, Container container, string podIP, CancellationToken cancellationToken)
    {
        try
        {
            await http.GetAsync(get, container, podIP, "lifecycle", cancellationToken);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError && get.Scheme.Equals("HTTPS", StringComparison.OrdinalIgnoreCase))
        {
            var plain = get.Clone();
            plain.Scheme = "HTTP";
            foreach (var header in plain.HttpHeaders.Where(h => h.Name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)).ToList())
            {
                plain.HttpHeaders.Remove(header);
            }

            if (!await SucceedsAsync(plain, container, podIP, cancellationToken))
            {
                throw;
            }

            metrics.FellBackToHttp();
        }
    }

    private async Task<bool> SucceedsAsync(HTTPGetAction get, Container container, string podIP, CancellationToken cancellationToken)
    {
        try
        {
            await http.GetAsync(get, container, podIP, "lifecycle", cancellationToken);
            return true;
        }
        catch (HttpRequestException)
        {
            // What went wrong first is what is told.
            return false;
        }
    }

    private async Task SleepAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(duration, time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            metrics.SleepCutShort();
            throw;
        }
    }
}
