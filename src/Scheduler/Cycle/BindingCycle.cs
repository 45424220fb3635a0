using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>What happens to a pod beside the decision loop once it has a node: waiting for permission, preparing, binding.</summary>
internal sealed class BindingCycle(Profile profile, StatusWriter statusWriter)
{
    /// <returns>Success when the pod is bound; else whose fault it was. Never throws but on cancellation.</returns>
    public async Task<Status> RunAsync(PodInfo pod, CycleState state, string nodeName, WaitingPod? waiting, CancellationToken cancellationToken)
    {
        if (waiting is not null)
        {
            var permitted = await waiting.Outcome.WaitAsync(cancellationToken);
            if (!permitted.IsSuccess)
            {
                return permitted;
            }
        }

        foreach (var plugin in profile.PreBind)
        {
            var status = await CallAsync(plugin, () => plugin.PreBindAsync(state, pod, nodeName, cancellationToken));
            if (!status.IsSuccess && !status.IsSkip)
            {
                return status;
            }
        }

        await statusWriter.WhenIdle(pod.Uid);
        foreach (var plugin in profile.Bind)
        {
            var status = await CallAsync(plugin, () => plugin.BindAsync(state, pod, nodeName, cancellationToken));
            if (!status.IsSkip)
            {
                return status;
            }
        }

        return Status.Error($"no bind plugin of profile {profile.Name} binds pod {pod}");
    }

    private static async Task<Status> CallAsync(IPlugin plugin, Func<Task<Status>> call)
    {
        try
        {
            return (await call()).WithPlugin(plugin.Name);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return Guard.Failure(plugin, e);
        }
    }
}
