using NodeAgent.KubeApi.Informers;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework.Events;

namespace NodeAgent.Scheduler;

/// <summary>Hands an informer's events to the decision loop.</summary>
internal sealed class PostingHandler<T>(Mailbox mailbox, ChangeKind kind, EventResource resource) : IInformerHandler<T>
{
    public void OnAdd(T value, bool isInInitialList) => mailbox.Post(new Change(kind, null, value, new ClusterEvent(resource, ActionType.Add)));

    public void OnUpdate(T oldValue, T newValue) => mailbox.Post(new Change(kind, oldValue, newValue, new ClusterEvent(resource, ActionType.UpdateOther)));

    public void OnDelete(T value) => mailbox.Post(new Change(kind, value, null, new ClusterEvent(resource, ActionType.Delete)));
}
