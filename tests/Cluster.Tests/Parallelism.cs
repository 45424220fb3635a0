// Clusters wait for most of their time: two classes at once leave the two cores of a test host idle, more than three make each other late.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
[assembly: TestCollectionOrderer("NodeAgent.Cluster.Tests.LongestFirst", "NodeAgent.Cluster.Tests")]
