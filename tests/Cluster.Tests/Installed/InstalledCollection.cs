namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>One installed cluster for all tests that need one: it costs most of a minute.</summary>
[CollectionDefinition(Name)]
public sealed class InstalledCollection : ICollectionFixture<InstalledCluster>
{
    public const string Name = "installed cluster";
}
