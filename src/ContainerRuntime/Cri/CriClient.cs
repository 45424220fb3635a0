using NodeAgent.ContainerRuntime.Grpc;

namespace NodeAgent.ContainerRuntime.Cri;

/// <summary>
/// An engine that speaks CRI v1 on a unix socket. Making one does not connect: the first call does, and every call after the
/// engine was away connects again.
/// </summary>
public sealed class CriClient : IDisposable
{
    private readonly GrpcChannel _runtimeChannel;
    private readonly GrpcChannel _imageChannel;

    /// <exception cref="FormatException">An endpoint is no address of a unix socket.</exception>
    public CriClient(CriOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        Endpoint = CriEndpoint.Parse(options.RuntimeEndpoint);
        var images = options.ImageEndpoint is { Length: > 0 } own ? CriEndpoint.Parse(own) : Endpoint;
        _runtimeChannel = new GrpcChannel(Endpoint.SocketPath, options.MaxMessageBytes, time);
        _imageChannel = images == Endpoint ? _runtimeChannel : new GrpcChannel(images.SocketPath, options.MaxMessageBytes, time);
        Runtime = new CriRuntimeService(_runtimeChannel, options.RequestTimeout, time);
        Images = new CriImageService(_imageChannel, options.RequestTimeout);
    }

    public CriEndpoint Endpoint { get; }

    public IRuntimeService Runtime { get; }

    public IImageService Images { get; }

    public void Dispose()
    {
        _runtimeChannel.Dispose();
        _imageChannel.Dispose();
    }
}
