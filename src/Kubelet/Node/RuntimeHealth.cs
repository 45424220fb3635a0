using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;

namespace NodeAgent.Kubelet.Node;

/// <summary>Asks the container runtime every few seconds how it is; the node is ready when the answer is good.</summary>
internal sealed partial class RuntimeHealth(IRuntimeService runtime, TimeProvider time, ILogger<RuntimeHealth> logger)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan EveryWhileDown = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Why the node cannot run pods; null when it can.</summary>
    public string? Problem { get; private set; } = "container runtime status check may not have completed yet";

    public Cri.StatusResponse? Status { get; private set; }

    public Cri.VersionResponse? Version { get; private set; }

    /// <summary>Called when <see cref="Problem"/> has changed.</summary>
    public event Action? Changed;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var problem = await AskAsync(cancellationToken);
            if (problem != Problem)
            {
                if (problem is null)
                {
                    LogReady(Version?.RuntimeName ?? "", Version?.RuntimeVersion ?? "");
                }
                else
                {
                    LogNotReady(problem);
                }

                Problem = problem;
                Changed?.Invoke();
            }

            await Task.Delay(problem is null ? Every : EveryWhileDown, time, cancellationToken);
        }
    }

    private async Task<string?> AskAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(CallTimeout);
        try
        {
            Version ??= await runtime.VersionAsync(deadline.Token);
            Status = await runtime.StatusAsync(verbose: false, deadline.Token);
            var failing = Status.Status.Conditions.FirstOrDefault(c => c.Type == "RuntimeReady" && !c.Status);
            if (failing is not null)
            {
                return $"container runtime not ready: RuntimeReady=false reason:{failing.Reason} message:{failing.Message}";
            }

            failing = Status.Status.Conditions.FirstOrDefault(c => c.Type == "NetworkReady" && !c.Status);
            return failing is null ? null : $"container runtime network not ready: NetworkReady=false reason:{failing.Reason} message:{failing.Message}";
        }
        catch (Exception e) when (e is RuntimeException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // After an outage another version may answer.
            Version = null;
            return $"container runtime is down: {e.Message}";
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The container runtime is ready: {Name} {Version}")]
    private partial void LogReady(string name, string version);

    [LoggerMessage(2, LogLevel.Warning, "The node cannot run pods: {Problem}")]
    private partial void LogNotReady(string problem);
}
