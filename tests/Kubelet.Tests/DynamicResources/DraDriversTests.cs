using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Kubelet.DynamicResources;
using NodeAgent.Kubelet.Schemas.Registration;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.DynamicResources;

public sealed class DraDriversTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<(string Version, FakeDraDriver Driver)> _made = [];
    private readonly DraDrivers _drivers;

    public DraDriversTests() => _drivers = new DraDrivers(
        null,
        "node",
        (name, version, _) =>
        {
            _made.Add((version, new FakeDraDriver(name)));
            return _made[^1].Driver;
        },
        _time,
        NullLogger<DraDrivers>.Instance);

    [Theory]
    [InlineData("v1.DRAPlugin", "v1")]
    [InlineData("v1beta1.DRAPlugin v1.DRAPlugin", "v1beta1")]
    [InlineData("v9.DRAPlugin v1beta1.DRAPlugin", "v1beta1")]
    public async Task Register_TakesTheFirstVersionThatBothSpeak(string versions, string expected)
    {
        await RegisterAsync("/one", versions);

        Assert.Equal(expected, _made.Single().Version);
        Assert.Same(_made[0].Driver, _drivers.Get("drv"));
    }

    [Fact]
    public async Task Register_WithoutACommonVersion_IsRefused() =>
        Assert.Contains("none of services supported by the plugin (v9.DRAPlugin)", (await Assert.ThrowsAsync<NotSupportedException>(() => RegisterAsync("/one", "v9.DRAPlugin"))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Deregister_HalfAMinuteWithoutDriver_ItsSlicesAreDue()
    {
        await RegisterAsync("/one", "v1.DRAPlugin");
        await _drivers.DeregisterAsync("drv", default);

        Assert.Equal("DRA driver drv is not registered", Assert.Throws<ClaimException>(() => _drivers.Get("drv")).Message);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Empty(_drivers.DueWipes());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["drv"], _drivers.DueWipes());
        Assert.Empty(_drivers.DueWipes());
    }

    [Fact]
    public async Task Deregister_DriverComesBack_ItsSlicesStay()
    {
        await RegisterAsync("/one", "v1.DRAPlugin");
        await _drivers.DeregisterAsync("drv", default);
        await RegisterAsync("/two", "v1.DRAPlugin");
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Empty(_drivers.DueWipes());
    }

    [Fact]
    public async Task Deregister_WhileADriverIsUpdated_TheNewOneStays()
    {
        await RegisterAsync("/one", "v1.DRAPlugin");
        await RegisterAsync("/two", "v1.DRAPlugin");
        await _drivers.DeregisterAsync("drv", default);

        Assert.True(_made[0].Driver.IsDisposed);
        Assert.Same(_made[1].Driver, _drivers.Get("drv"));
    }

    private Task RegisterAsync(string socket, string versions) => _drivers.RegisterAsync(new PluginInfo { Type = "DRAPlugin", Name = "drv", SupportedVersions = { versions.Split(' ') } }, socket, default);
}
