using NodeAgent.ContainerRuntime;

namespace NodeAgent.Kubelet.Hooks;

/// <summary>Runs postStart and preStop handlers.</summary>
internal sealed class HookRunner(IRuntimeService runtime, HttpAction http, TimeProvider time)
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

                await http.GetAsync(get, container, podIP, "lifecycle", cancellationToken);
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
}
