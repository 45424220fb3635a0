namespace NodeAgent.Cluster.Tests.ContainerRuntime;

[Trait("Category", "Cluster"), Collection(Name)]
public sealed class ContainerdTests(ContainerdFixture engine) : EngineContract(engine)
{
    public const string Name = "containerd";
}

[CollectionDefinition(ContainerdTests.Name)]
public sealed class ContainerdGroup : ICollectionFixture<ContainerdFixture>;
