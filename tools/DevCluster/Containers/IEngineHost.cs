using NodeAgent.ContainerRuntime;

namespace NodeAgent.DevCluster.Containers;

/// <summary>A real container engine of one's own on this host, which leaves nothing behind when it is disposed.</summary>
public interface IEngineHost : IAsyncDisposable
{
    /// <summary>The socket as the kubelet's <c>containerRuntimeEndpoint</c> names it.</summary>
    string Endpoint { get; }

    IRuntimeService Runtime { get; }

    /// <summary>What a kubelet on this engine has to be told besides the socket.</summary>
    IReadOnlyList<string> KubeletFlags { get; }

    /// <summary>Ends the engine; containers keep running.</summary>
    Task StopEngineAsync();

    /// <summary>Kills the engine's daemon (SIGKILL); containers keep running.</summary>
    Task KillEngineAsync();

    /// <summary>Starts it again and returns when pods can be run.</summary>
    Task StartEngineAsync();
}
