namespace NodeAgent.ContainerRuntime.Docker.Engine;

/// <summary>
/// A client of the Docker Engine API, as much of it as this project uses. The names are those of the library Docker.DotNet,
/// which was not to be had when this was written and may take the place of this folder.
/// </summary>
/// <remarks>
/// Throws <see cref="DockerApiException"/> for the engine's errors, <see cref="DockerUnreachableException"/> when it cannot
/// be reached and <see cref="DockerTimeoutException"/> when it does not answer.
/// </remarks>
internal sealed class DockerClient : IDisposable
{
    private readonly DockerTransport _transport;

    public DockerClient(string socketPath, TimeSpan timeout, TimeProvider time)
    {
        _transport = new DockerTransport(socketPath, timeout, time);
        Containers = new ContainerOperations(_transport);
        Exec = new ExecOperations(_transport);
        Images = new ImageOperations(_transport);
        Networks = new NetworkOperations(_transport);
        System = new SystemOperations(_transport);
    }

    public ContainerOperations Containers { get; }

    public ExecOperations Exec { get; }

    public ImageOperations Images { get; }

    public NetworkOperations Networks { get; }

    public SystemOperations System { get; }

    /// <summary>The API version agreed on with the engine.</summary>
    public ValueTask<Version> ApiVersionAsync(CancellationToken cancellationToken) => _transport.VersionAsync(cancellationToken);

    public void Dispose() => _transport.Dispose();
}
