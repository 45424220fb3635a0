using NodeAgent.Kubelet.Server;

namespace NodeAgent.Kubelet.Tests.Server;

public class NodeAccessTests
{
    [Theory]
    [InlineData("GET", "/stats/summary", "get stats")]
    [InlineData("GET", "/metrics", "get metrics")]
    [InlineData("GET", "/metrics/cadvisor", "get metrics")]
    [InlineData("GET", "/logs/syslog", "get log")]
    [InlineData("GET", "/pods", "get pods|get proxy")]
    [InlineData("GET", "/pods/", "get pods|get proxy")]
    [InlineData("GET", "/runningpods/", "get pods|get proxy")]
    [InlineData("GET", "/healthz/ping", "get healthz|get proxy")]
    [InlineData("GET", "/configz", "get configz|get proxy")]
    [InlineData("GET", "/podsecurity", "get proxy")]
    [InlineData("GET", "/PODS", "get proxy")]
    [InlineData("GET", "/metricsx", "get proxy")]
    [InlineData("POST", "/exec/ns/pod/c", "create proxy")]
    [InlineData("GET", "/exec/ns/pod/c", "get proxy")]
    [InlineData("GET", "/containerLogs/ns/pod/c", "get proxy")]
    [InlineData("PUT", "/x", "update proxy")]
    [InlineData("PATCH", "/x", "patch proxy")]
    [InlineData("DELETE", "/x", "delete proxy")]
    [InlineData("OPTIONS", "/x", " proxy")]
    public void Of_Request_RightsOfUpstream(string method, string path, string expected) =>
        Assert.Equal(expected, string.Join('|', NodeAccess.Of(method, path).Select(a => $"{a.Verb} {a.Subresource}")));
}
