namespace NodeAgent.ContainerRuntime;

/// <summary>What went wrong in the container engine, in the codes of gRPC that CRI uses.</summary>
public enum RuntimeErrorCode
{
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Unimplemented,
    Internal,

    /// <summary>The engine's socket is missing or does not answer; the call may be tried again later.</summary>
    Unavailable,
}

/// <summary>A call to the container engine failed.</summary>
public sealed class RuntimeException(RuntimeErrorCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    public RuntimeErrorCode Code { get; } = code;
}
