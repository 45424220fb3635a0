using Google.Protobuf;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Events;
using NodeAgent.KubeApi.Informers;
using NodeAgent.Scheduler.Framework.Events;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>What the scheduler offers to a plugin when it makes it.</summary>
public interface IPluginHost
{
    string ProfileName { get; }

    IKubeClient Client { get; }

    IEventRecorder Recorder { get; }

    ILoggerFactory Loggers { get; }

    TimeProvider Time { get; }

    Random Random { get; }

    /// <summary>The API server's minor release: 36 for v1.36.2; 0 while it is not known.</summary>
    int ServerMinor { get; }

    /// <summary>Whether the API server has the resource; older servers lack some.</summary>
    bool Serves(ResourceType type);

    /// <summary>
    /// The informer of a resource, shared by all who ask; it runs before the first attempt. Only to be called while the
    /// plugin is being made. Its events also wake pods, see <see cref="IEventInterests"/>, when <paramref name="raises"/> is given.
    /// </summary>
    /// <param name="options">How to list and keep the objects; of those who ask, the first decides.</param>
    IInformer<T> Informer<T>(ResourceType<T> type, EventResource? raises = null, InformerOptions<T>? options = null)
        where T : class, IKubeObject, IMessage<T>, new();

    /// <summary>
    /// One object for the plugins of all profiles, those included that a reload of the configuration makes: what is reserved
    /// in it by one is seen by all. Made when it is asked for first under the key. Only to be called while a plugin is being made.
    /// </summary>
    T Shared<T>(string key, Func<T> create)
        where T : class;

    /// <summary>Wakes pods that this event may have made schedulable. Safe from any thread.</summary>
    void Raise(ClusterEvent clusterEvent, object? oldObject, object? newObject);

    /// <summary>The pod that waits in Permit, by UID; null when it does not wait. Safe from any thread.</summary>
    IWaitingPod? FindWaitingPod(string uid);

    IReadOnlyCollection<IWaitingPod> WaitingPods { get; }
}
