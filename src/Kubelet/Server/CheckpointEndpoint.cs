using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using NodeAgent.ContainerRuntime;

namespace NodeAgent.Kubelet.Server;

/// <summary>/checkpoint: has the engine write a running container's state to a file of this node.</summary>
internal sealed class CheckpointEndpoint(IPodDirectory pods, IRuntimeService runtime, string folder, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context)
    {
        var route = PodRoute.Parse(context, withContainer: true);
        var pod = route.Pod(pods);
        var request = new Cri.CheckpointContainerRequest { ContainerId = route.RunningContainer(pod), Timeout = Timeout(context.Request.Query) };
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var now = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        request.Location = Path.Combine(folder, $"checkpoint-{pod.Metadata.Name}_{pod.Metadata.Namespace}-{route.ContainerName}-{now}.tar");
        try
        {
            await runtime.CheckpointContainerAsync(request, context.RequestAborted);
        }
        catch (RuntimeException e)
        {
            throw new HttpError(StatusCodes.Status500InternalServerError, $"checkpointing of {pod.Metadata.Namespace}/{pod.Metadata.Name}/{route.ContainerName} failed ({e.Message})");
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($"{{\"items\":[{JsonSerializer.Serialize(request.Location)}]}}", context.RequestAborted);
    }

    /// <summary>In seconds; the last one counts.</summary>
    private static long Timeout(IQueryCollection query) => query["timeout"] is not [.., { } text] ? 0
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds
        : throw new HttpError(StatusCodes.Status404NotFound, "cannot parse value of timeout parameter");
}
