using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using NodeAgent.ContainerRuntime.Docker.Engine;

namespace NodeAgent.ContainerRuntime.Docker;

/// <summary>Turns what goes wrong between this process and the engine into <see cref="RuntimeException"/>, with what was being done.</summary>
internal static class EngineCalls
{
    /// <param name="what">What is being done, to which object: "start container abc".</param>
    /// <param name="call">The work.</param>
    /// <param name="cancellationToken">The caller's: its cancellation stays one.</param>
    public static async Task<T> RunAsync<T>(string what, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (Translate(what, e, cancellationToken) is { } translated)
        {
            throw translated;
        }
    }

    public static Task RunAsync(string what, Func<Task> call, CancellationToken cancellationToken) =>
        RunAsync(what, async () =>
        {
            await call();
            return true;
        }, cancellationToken);

    public static bool IsNotFound(Exception e) => e is DockerApiException { StatusCode: HttpStatusCode.NotFound };

    /// <returns>Null for what is not the engine's.</returns>
    public static RuntimeException? Translate(string what, Exception exception, CancellationToken cancellationToken) => exception switch
    {
        _ when cancellationToken.IsCancellationRequested => null,
        DockerApiException e => new RuntimeException(Code(e), $"cannot {what}: {e.Message}", e),
        DockerTimeoutException e => new RuntimeException(RuntimeErrorCode.DeadlineExceeded, $"cannot {what}: {e.Message}", e),
        DockerUnreachableException e => new RuntimeException(RuntimeErrorCode.Unavailable, $"cannot {what}: {e.Message}; is dockerd running?", e),
        HttpRequestException e => new RuntimeException(RuntimeErrorCode.Unavailable, $"cannot {what}: the connection to Docker Engine broke: {e.Message}", e),
        HttpIOException or EndOfStreamException or IOException { InnerException: SocketException } => new RuntimeException(
            RuntimeErrorCode.Unavailable, $"cannot {what}: the connection to Docker Engine broke: {exception.Message}", exception),
        JsonException e => new RuntimeException(RuntimeErrorCode.Internal, $"cannot {what}: the answer is not in the form of Docker Engine's API: {e.Message}", e),
        IOException or UnauthorizedAccessException or InvalidDataException => new RuntimeException(RuntimeErrorCode.Unknown, $"cannot {what}: {exception.Message}", exception),
        _ => null,
    };

    private static RuntimeErrorCode Code(DockerApiException e) => e.StatusCode switch
    {
        HttpStatusCode.BadRequest => RuntimeErrorCode.InvalidArgument,
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => RuntimeErrorCode.PermissionDenied,
        HttpStatusCode.NotFound => RuntimeErrorCode.NotFound,
        HttpStatusCode.Conflict => IsNameTaken(e) ? RuntimeErrorCode.AlreadyExists : RuntimeErrorCode.FailedPrecondition,
        HttpStatusCode.NotImplemented => RuntimeErrorCode.Unimplemented,
        HttpStatusCode.ServiceUnavailable => RuntimeErrorCode.Unavailable,
        _ => RuntimeErrorCode.Unknown,
    };

    public static bool IsNameTaken(DockerApiException e) =>
        e.StatusCode == HttpStatusCode.Conflict && e.Message.Contains("is already in use by container", StringComparison.Ordinal);
}
