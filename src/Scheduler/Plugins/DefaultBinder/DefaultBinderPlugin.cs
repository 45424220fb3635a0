using System.Net;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using Answer = NodeAgent.KubeApi.Meta.V1.Status;
using Status = NodeAgent.Scheduler.Framework.Status;

namespace NodeAgent.Scheduler.Plugins.DefaultBinder;

/// <summary>Binds by posting to the pod's binding subresource; the UID makes sure that it is the pod that was looked at.</summary>
/// <remarks>
/// A request without an answer may have been carried out all the same. It is made again, for the same node, until there is an answer
/// that says what became of it: a pod given back meanwhile would take its room twice.
/// </remarks>
internal sealed class DefaultBinderPlugin(IKubeClient client, TimeProvider time) : IBindPlugin
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    public string Name => PluginNames.DefaultBinder;

    /// <summary>The API server ends every request within a minute; after that what was sent before is not carried out any more.</summary>
    public TimeSpan Timeout => TimeSpan.FromSeconds(90);

    public async Task<Status> BindAsync(Framework.CycleState state, PodInfo pod, string nodeName, CancellationToken cancellationToken)
    {
        var binding = new Binding
        {
            Metadata = new ObjectMeta { Namespace = pod.Namespace, Name = pod.Name, Uid = pod.Uid },
            Target = new ObjectReference { Kind = "Node", Name = nodeName },
        };
        var pause = FirstPause;
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                await client.PostSubresourceAsync<Pod, Binding, Answer>(
                    Resources.Pods, pod.Namespace, pod.Name, "binding", "v1", "Binding", binding, cancellationToken);
                return Status.Success;
            }
            catch (KubeApiException e) when (e.IsConflict && !isFirst)
            {
                if (!await IsOnAsync(pod, nodeName, cancellationToken))
                {
                    throw;
                }

                return Status.Success;
            }
            catch (Exception e) when (MayHaveBeenCarriedOut(e) && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(pause, time, cancellationToken);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private static bool MayHaveBeenCarriedOut(Exception e) =>
        e is KubeConnectionException or KubeApiException { Code: HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout };

    private async Task<bool> IsOnAsync(PodInfo pod, string nodeName, CancellationToken cancellationToken)
    {
        var now = await client.GetAsync(Resources.Pods, pod.Namespace, pod.Name, cancellationToken);
        return now.Metadata.Uid == pod.Uid && now.Spec.NodeName == nodeName;
    }
}
