namespace NodeAgent.ContainerRuntime.Docker.Engine;

/// <summary>There is no Docker Engine at the socket, or the connection to it broke.</summary>
internal sealed class DockerUnreachableException(string socketPath, Exception inner)
    : Exception($"Docker Engine at {socketPath} cannot be reached: {(inner.InnerException ?? inner).Message}", inner);
