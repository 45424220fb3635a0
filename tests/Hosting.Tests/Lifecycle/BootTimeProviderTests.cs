using System.Globalization;
using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Testing;

namespace NodeAgent.Hosting.Tests.Lifecycle;

public class BootTimeProviderTests
{
    [Fact]
    public void GetTimestamp_CountsSinceBoot_AsTheKernelTells()
    {
        var clock = new BootTimeProvider(new FakeTimeProvider());

        var before = UpTime();
        var stamp = clock.GetElapsedTime(0, clock.GetTimestamp());

        Assert.InRange(stamp.TotalSeconds, before - 0.02, UpTime() + 0.02);
    }

    [Fact]
    public void GetUtcNow_IsTheGivenClocks()
    {
        var inner = new FakeTimeProvider();

        Assert.Equal(inner.GetUtcNow(), new BootTimeProvider(inner).GetUtcNow());
    }

    private static double UpTime() => double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
}
