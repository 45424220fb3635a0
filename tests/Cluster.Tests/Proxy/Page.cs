namespace NodeAgent.Cluster.Tests.Proxy;

/// <param name="Headers">One a line.</param>
internal sealed record Page(int Code, string Body, string Headers);
