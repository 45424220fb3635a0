namespace NodeAgent.ContainerRuntime;

/// <summary>Where the streams of an exec, attach or port-forward are to be had.</summary>
public abstract record StreamTarget;

/// <summary>The engine serves the streams itself (CRI); the kubelet passes the client's upgraded connection on to it.</summary>
public sealed record RemoteStreams(Uri Url) : StreamTarget;

/// <summary>The kubelet serves the streams from this process.</summary>
public sealed record LocalProcess(IContainerProcess Process) : StreamTarget;

/// <summary>The kubelet serves port-forward by connecting to ports in the sandbox.</summary>
/// <param name="ConnectAsync">Connects to a port on loopback inside the sandbox's network namespace.</param>
public sealed record LocalPorts(Func<int, CancellationToken, Task<Stream>> ConnectAsync) : StreamTarget;

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
