namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>containerd keeps the contract.</summary>
public static class ContainerdTests
{
    private const string Group = "containerd";

    [Trait("Category", "Cluster"), Collection(Group)]
    public sealed class Engine(ContainerdFixture engine) : EngineContract(engine);

    [Trait("Category", "Cluster"), Collection(Group)]
    public sealed class Sandboxes(ContainerdFixture engine) : SandboxContract(engine);

    [Trait("Category", "Cluster"), Collection(Group)]
    public sealed class Containers(ContainerdFixture engine) : ContainerContract(engine);

    [Trait("Category", "Cluster"), Collection(Group)]
    public sealed class Exec(ContainerdFixture engine) : ExecContract(engine);

    [Trait("Category", "Cluster"), Collection(Group)]
    public sealed class Images(ContainerdFixture engine) : ImageContract(engine);

    [Trait("Category", "Cluster"), Collection(Group)]
    public sealed class Events(ContainerdFixture engine) : EventContract(engine);

    [CollectionDefinition(Group)]
    public sealed class Fixture : ICollectionFixture<ContainerdFixture>;
}
