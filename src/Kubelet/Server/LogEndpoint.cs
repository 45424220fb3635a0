using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Logs;

namespace NodeAgent.Kubelet.Server;

/// <summary>/containerLogs: what kubectl logs shows.</summary>
internal sealed class LogEndpoint(IPodDirectory pods, IRuntimeService runtime, LogReader reader, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context)
    {
        var route = PodRoute.Parse(context, withContainer: true);
        var options = PodLogOptions.Parse(context.Request.Query, time.GetUtcNow());
        var pod = route.Pod(pods);
        var id = ContainerLogTarget.Choose(pod, route.Container(pod), options.Previous);
        var status = (await runtime.ContainerStatusAsync(id, verbose: false, context.RequestAborted)).Status;

        // The engine's own words for where the log is: nothing of the request becomes part of a path.
        // Nor is a reader that pauses cut off, as Kestrel would.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        await reader.CopyAsync(status.LogPath, options, cancellationToken => IsRunningAsync(id, cancellationToken), context.Response.Body, context.RequestAborted);
    }

    private async Task<bool> IsRunningAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await runtime.ContainerStatusAsync(id, verbose: false, cancellationToken)).Status.State == Cri.ContainerState.ContainerRunning;
        }
        catch (RuntimeException e) when (e.Code == RuntimeErrorCode.Unavailable)
        {
            // The engine is being restarted; the container goes on, and so does whoever reads its log.
            return true;
        }
        catch (RuntimeException e) when (e.Code == RuntimeErrorCode.NotFound)
        {
            return false;
        }
    }
}
