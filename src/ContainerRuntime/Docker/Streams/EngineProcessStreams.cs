namespace NodeAgent.ContainerRuntime.Docker.Streams;

/// <summary>Which streams of a process are wanted.</summary>
internal readonly record struct EngineProcessStreams(bool Stdin, bool Stdout, bool Stderr);
