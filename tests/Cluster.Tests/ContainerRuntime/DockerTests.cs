namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>Docker Engine keeps the contract.</summary>
public static class DockerTests
{
    internal const string Group = "docker";

    [Trait("Category", "Cluster"), Collection(Group)]
    public sealed class Engine(DockerFixture engine) : EngineContract(engine);

    [Trait("Category", "Cluster"), Collection(Group)]
    public sealed class Sandboxes(DockerFixture engine) : SandboxContract(engine);

    [Trait("Category", "Cluster"), Collection(Group)]
    public sealed class Containers(DockerFixture engine) : ContainerContract(engine);

    [Trait("Category", "Cluster"), Collection(Group)]
    public sealed class Exec(DockerFixture engine) : ExecContract(engine);

    [Trait("Category", "Cluster"), Collection(Group)]
    public sealed class Images(DockerFixture engine) : ImageContract(engine);

    [Trait("Category", "Cluster"), Collection(Group)]
    public sealed class Events(DockerFixture engine) : EventContract(engine);

    [CollectionDefinition(Group)]
    public sealed class Fixture : ICollectionFixture<DockerFixture>;
}
