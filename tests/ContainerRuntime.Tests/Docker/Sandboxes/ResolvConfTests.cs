using NodeAgent.ContainerRuntime.Docker.Sandboxes;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Sandboxes;

public sealed class ResolvConfTests
{
    [Fact]
    public void Text_Config_OneLineEach()
    {
        var dns = new DNSConfig { Servers = { "10.96.0.10", "fd00::a" }, Searches = { "a.svc", "svc" }, Options = { "ndots:5", "edns0" } };

        Assert.Equal("nameserver 10.96.0.10\nnameserver fd00::a\nsearch a.svc svc\noptions ndots:5 edns0\n", ResolvConf.Text(dns));
    }

    [Fact]
    public async Task Rewrite_NothingAsked_LeavesTheEnginesFile()
    {
        await ResolvConf.RewriteAsync("/nonexistent/resolv.conf", new DNSConfig(), CancellationToken.None);
        await ResolvConf.RewriteAsync("/nonexistent/resolv.conf", null, CancellationToken.None);

        await Assert.ThrowsAnyAsync<IOException>(() =>
            ResolvConf.RewriteAsync("/nonexistent/resolv.conf", new DNSConfig { Servers = { "10.0.0.1" } }, CancellationToken.None));
    }
}
