namespace NodeAgent.ContainerRuntime;

/// <summary>Where the streams of an exec, attach or port-forward are to be had.</summary>
public abstract record StreamTarget;

/// <summary>The engine serves the streams itself (CRI); the kubelet passes the client's upgraded connection on to it.</summary>
/// <param name="Url">Of the engine's streaming server.</param>
/// <param name="Command">The command that the streams are of; null for those of a container's main process and of ports.</param>
public sealed record RemoteStreams(Uri Url, IRemoteCommand? Command = null) : StreamTarget;

/// <summary>The kubelet serves the streams from this process.</summary>
public sealed record LocalProcess(IContainerProcess Process) : StreamTarget;

/// <summary>The kubelet serves port-forward by connecting to ports in the sandbox.</summary>
public sealed record LocalPorts(ISandboxPorts Ports) : StreamTarget;

/// <summary>The ports of a sandbox, until disposed.</summary>
public interface ISandboxPorts : IDisposable
{
    /// <summary>Connects to a port on loopback inside the sandbox's network namespace.</summary>
    /// <exception cref="RuntimeException">Nobody listens there, or the sandbox is gone.</exception>
    Task<Stream> ConnectAsync(int port, CancellationToken cancellationToken);
}

/// <summary>A command whose streams an engine serves. To be disposed when they have ended.</summary>
public interface IRemoteCommand : IAsyncDisposable
{
    /// <summary>The client was gone before the engine said that the command is over: disposing ends the command.</summary>
    void Abandon();
}

/// <summary>A process in a container whose streams this kubelet holds.</summary>
/// <remarks>Disposing detaches; an exec'd process whose client is gone is killed.</remarks>
public interface IContainerProcess : IAsyncDisposable
{
    /// <summary>Null when stdin was not asked for. Disposing it closes the process's stdin only.</summary>
    Stream? Stdin { get; }

    Stream? Stdout { get; }

    /// <summary>Null when stderr was not asked for, and always with a terminal.</summary>
    Stream? Stderr { get; }

    /// <summary>Sets the terminal's size in characters.</summary>
    Task ResizeAsync(int width, int height, CancellationToken cancellationToken);

    /// <summary>The exit code; for attach 0 when the streams have ended.</summary>
    Task<int> ExitCode { get; }
}
