using Google.Protobuf;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Events;
using NodeAgent.KubeApi.Informers;
using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Extenders;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler;

/// <inheritdoc cref="IPluginHost"/>
internal sealed class PluginHost(string profileName, LoopServices services, InformerSet informers, IExtenderChain? extenders = null, IReadOnlyList<string>? ignoredResources = null) : IPluginHost
{
    /// <summary>For built-in plugins; null without any.</summary>
    public IExtenderChain? Extenders => extenders;

    /// <summary>Resources that extenders look after alone.</summary>
    public IReadOnlyList<string> IgnoredResources => ignoredResources ?? [];

    /// <summary>For built-in plugins; to be read on the decision loop.</summary>
    public PodGroups Groups => services.Groups;

    public string ProfileName => profileName;

    public IKubeClient Client => services.Client;

    public IEventRecorder Recorder => services.Recorder;

    public ILoggerFactory Loggers => services.Loggers;

    public TimeProvider Time => services.Time;

    public Random Random => services.Random;

    public IReadOnlyCollection<IWaitingPod> WaitingPods => services.WaitingPods.All;

    public int ServerMinor => services.Discovery.Minor;

    public IInformer<T> Informer<T>(ResourceType<T> type, EventResource? raises = null, InformerOptions<T>? options = null)
        where T : class, IKubeObject, IMessage<T>, new() => informers.GetOrAdd(type, raises, options);

    public T Shared<T>(string key, Func<T> create)
        where T : class => informers.Shared(key, create);

    public void Raise(ClusterEvent clusterEvent, object? oldObject, object? newObject) =>
        services.Mailbox.Post(new Change(ChangeKind.Other, oldObject, newObject, clusterEvent));

    public bool Serves(ResourceType type) => services.Discovery.Serves(type);

    public IWaitingPod? FindWaitingPod(string uid) => services.WaitingPods.Find(uid);
}
