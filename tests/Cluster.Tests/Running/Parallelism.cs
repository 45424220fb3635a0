using NodeAgent.Cluster.Tests.Running;

[assembly: CollectionBehavior(MaxParallelThreads = OrderedTestFramework.AtOnce)]
[assembly: TestCollectionOrderer("NodeAgent.Cluster.Tests.Running.LongestFirst", "NodeAgent.Cluster.Tests")]
[assembly: TestFramework("NodeAgent.Cluster.Tests.Running.OrderedTestFramework", "NodeAgent.Cluster.Tests")]
