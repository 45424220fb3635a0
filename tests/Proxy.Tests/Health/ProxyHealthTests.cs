using NodeAgent.Proxy.Health;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Tests.Fakes;
using NodeAgent.Testing;

namespace NodeAgent.Proxy.Tests.Health;

public class ProxyHealthTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ProxyHealth _health;

    public ProxyHealthTests() => _health = new ProxyHealth(TimeSpan.FromMinutes(1), _time);

    [Fact]
    public void Report_ChangeWaitsTooLong_IsUnhealthyUntilItIsWritten()
    {
        _health.Updated(IPFamily.IPv4);
        _health.Queued(IPFamily.IPv4);
        _time.Advance(TimeSpan.FromSeconds(59));
        var before = _health.Report().Healthy;
        _time.Advance(TimeSpan.FromSeconds(1));
        var after = _health.Report().Healthy;
        _health.Updated(IPFamily.IPv4);

        Assert.Equal((true, false, true), (before, after, _health.Report().Healthy));
    }

    [Fact]
    public void Report_OneFamilyStuck_IsUnhealthyThoughTheOtherIsWell()
    {
        _health.Updated(IPFamily.IPv4);
        _health.Updated(IPFamily.IPv6);
        _health.Queued(IPFamily.IPv6);
        _time.Advance(TimeSpan.FromMinutes(2));

        var report = _health.Report();

        Assert.False(report.Healthy);
        Assert.Equal((true, false), (report.Families[IPFamily.IPv4].Healthy, report.Families[IPFamily.IPv6].Healthy));
    }

    [Fact]
    public void Of_LocalServiceWithLoadBalancer_CountsItsReadyEndpointsHere()
    {
        var port = Model.Port("ns/web", "10.96.0.1") with { HealthCheckNodePort = 32000 };
        var model = Model.Of(port.With(Model.Endpoint("10.244.0.1", local: true), Model.Terminating("10.244.0.2", local: true), Model.Endpoint("10.244.1.1")));

        var health = Assert.Single(ServiceHealth.Of(model));

        Assert.Equal((32000, 1, 200, 503), (health.Port, health.Weight, health.StatusCode(proxyHealthy: true), health.StatusCode(proxyHealthy: false)));
    }
}
