using NodeAgent.Scheduler.Extenders;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>What happens to a pod beside the decision loop once it has a node: waiting for permission, preparing, binding.</summary>
internal sealed class BindingCycle(Profile profile, StatusWriter statusWriter, IExtenderChain? extenders, TimeProvider time)
{
    /// <summary>Longer than a request that has left is waited for, see <see cref="LeaderGate.AnswerGrace"/>.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(6);

    /// <param name="preBind">The PreBind plugins that have something to do for the pod.</param>
    /// <param name="asks">Called when what is left is for the API server to answer.</param>
    /// <returns>Success when the pod is bound; else whose fault it was. Never throws but on cancellation.</returns>
    public async Task<Status> RunAsync(PodInfo pod, CycleState state, string nodeName, WaitingPod? waiting, IReadOnlyList<IPreBindPlugin> preBind, Action asks, CancellationToken cancellationToken)
    {
        if (waiting is not null)
        {
            var permitted = await waiting.Outcome.WaitAsync(cancellationToken);
            if (!permitted.IsSuccess)
            {
                return permitted;
            }
        }

        var times = AttemptTimes.Of(state);
        var timer = times.Start("PreBind");
        foreach (var plugin in preBind)
        {
            var status = await CallAsync(plugin, timer, plugin.Timeout, token => plugin.PreBindAsync(state, pod, nodeName, token), cancellationToken);
            if (!status.IsSuccess && !status.IsSkip)
            {
                return timer.End(status);
            }
        }

        timer.End(Status.Success);
        asks();
        await statusWriter.WhenIdle(pod.Uid);
        if (extenders?.BindAsync(pod, nodeName, cancellationToken) is { } bound)
        {
            return await bound;
        }

        timer = times.Start("Bind");
        foreach (var plugin in profile.Bind)
        {
            var status = await CallAsync(plugin, timer, plugin.Timeout, token => plugin.BindAsync(state, pod, nodeName, token), cancellationToken);
            if (!status.IsSkip)
            {
                return timer.End(status);
            }
        }

        return Status.Error($"no bind plugin of profile {profile.Name} binds pod {pod}");
    }

    private async Task<Status> CallAsync(IPlugin plugin, PointTimer timer, TimeSpan timeout, Func<CancellationToken, Task<Status>> call, CancellationToken cancellationToken)
    {
        var start = timer.StartPlugin();
        var status = await CallAsync(plugin, timeout, call, cancellationToken);
        timer.EndPlugin(plugin, status, start);
        return status;
    }

    /// <summary>
    /// A plugin that does not come back costs the attempt: its token is cancelled, and it is not waited for any more. When the scheduler
    /// stops it is waited for a little: what it has sent is to be answered before another scheduler takes over.
    /// </summary>
    private async Task<Status> CallAsync(IPlugin plugin, TimeSpan timeout, Func<CancellationToken, Task<Status>> call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var answer = call(either.Token);
            try
            {
                return (await answer.WaitAsync(either.Token)).WithPlugin(plugin.Name);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return (await answer.WaitAsync(StopPatience, time, CancellationToken.None)).WithPlugin(plugin.Name);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Guard.Failure(plugin, new TimeoutException($"it has not answered within {timeout.TotalSeconds} s"));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return Guard.Failure(plugin, e);
        }
    }
}
