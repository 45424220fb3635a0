namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>One API server, one after the other, for tests that have no wishes about its settings.</summary>
[CollectionDefinition(Name)]
public sealed class SchedulerCollection : ICollectionFixture<SchedulerCluster>
{
    public const string Name = "API server for schedulers";
}
