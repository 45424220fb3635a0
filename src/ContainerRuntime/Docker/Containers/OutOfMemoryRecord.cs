using System.Collections.Concurrent;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;

namespace NodeAgent.ContainerRuntime.Docker.Containers;

/// <summary>
/// The containers of which the engine's events said that memory ran out. Docker Engine 20.10 keeps that out of a container's state
/// when it learns of it after the container's end, which it often does.
/// </summary>
internal sealed class OutOfMemoryRecord
{
    private readonly ConcurrentDictionary<string, bool> _ids = [];

    public bool Contains(string containerId) => _ids.ContainsKey(containerId);

    public void Take(Message message)
    {
        if (message.Actor is not { ID: { Length: > 0 } id })
        {
            return;
        }

        if (message.Action == "oom")
        {
            _ids[id] = true;
        }
        else if (message.Action == "destroy")
        {
            _ids.TryRemove(id, out _);
        }
    }
}
