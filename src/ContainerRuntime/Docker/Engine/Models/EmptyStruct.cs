namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

/// <summary>JSON's empty object, which Docker uses for the values of sets.</summary>
internal sealed record EmptyStruct;
