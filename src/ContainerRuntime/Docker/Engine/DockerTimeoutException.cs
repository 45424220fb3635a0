namespace NodeAgent.ContainerRuntime.Docker.Engine;

/// <summary>Docker Engine did not answer in time. Not the caller's own cancellation.</summary>
internal sealed class DockerTimeoutException(string message) : Exception(message);
