namespace NodeAgent.Cluster.Tests.KubeApi;

/// <summary>One API server for all tests of the client.</summary>
[CollectionDefinition(Name)]
public sealed class ApiServerCollection : ICollectionFixture<ApiServerFixture>
{
    public const string Name = "API server for clients";
}
